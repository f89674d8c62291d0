//! What the page stores in the browser: `localStorage` and `sessionStorage`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::page::Page;
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// One of the two stores of the page's origin (HTML, "Web storage").
#[derive(Clone, Debug)]
pub struct Storage {
    page: Page,
    name: &'static str,
}

impl Page {
    /// What the page's origin keeps beyond the browser's end.
    pub fn local_storage(&self) -> Storage {
        Storage { page: self.clone(), name: "localStorage" }
    }

    /// What the page's origin keeps in this window.
    pub fn session_storage(&self) -> Storage {
        Storage { page: self.clone(), name: "sessionStorage" }
    }
}

impl Storage {
    /// The value of a key; `None` when there is none.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        self.run("read", "return store.getItem(key)", key, "").await
    }

    /// The value of a key, which is JSON; `None` when there is no such key.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when the value is no JSON, or no `T`.
    pub async fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(text) = self.get(key).await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            let text = format!("{} has something else under \"{key}\" than what was wanted: {error}", self.name);
            Failure::new(FailureKind::Assertion, text)
        })
    }

    /// All keys with their values.
    pub async fn all(&self) -> Result<BTreeMap<String, String>> {
        // Not `Object.keys`, which leaves out names that the store has for itself, such as `length`.
        let script = "return Object.fromEntries(Array.from({ length: store.length }, (_, index) => store.key(index)) \
            .map(key => [key, store.getItem(key)]))";
        self.run("read", script, "", "").await
    }

    /// Stores a value.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when the store is full (5 MB).
    pub async fn set(&self, key: &str, value: &str) -> Result {
        self.run("write to", "store.setItem(key, value)", key, value).await
    }

    /// Removes a key; does nothing when there is none.
    pub async fn remove(&self, key: &str) -> Result {
        self.run("write to", "store.removeItem(key)", key, "").await
    }

    /// Removes all keys.
    pub async fn clear(&self) -> Result {
        self.run("write to", "store.clear()", "", "").await
    }

    async fn run<T: DeserializeOwned>(&self, what: &str, script: &str, key: &str, value: &str) -> Result<T> {
        let script = format!("const [key, value] = arguments, store = window.{};\n{script}", self.name);
        let arguments: [Value; 2] = [json!(key), json!(value)];
        self.page.read(&format!("{what} {}", self.name), &script, &arguments).await
    }
}
