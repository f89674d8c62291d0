"use strict";
Promise.reject(new Error("Practice rejection"));
Promise.reject("Practice rejection with a text");
