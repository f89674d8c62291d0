"use strict";
throw new Error("Practice fault: js-error");
