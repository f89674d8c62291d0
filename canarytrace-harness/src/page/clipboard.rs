//! The clipboard, as the page sees it.

use serde_json::json;

use super::page::Page;
use super::permission::Permission;
use crate::record::Failure;

type Result<T = ()> = std::result::Result<T, Failure>;

/// The clipboard of the browser: its own in a headless one, that of the desktop in a headed one.
#[derive(Clone, Debug)]
pub struct Clipboard {
    page: Page,
}

impl Page {
    /// The clipboard. Its use grants the page what it needs for it.
    pub fn clipboard(&self) -> Clipboard {
        Clipboard { page: self.clone() }
    }
}

/// Only pages that came safely have a clipboard.
const SAFE: &str = "if (!navigator.clipboard) throw new Error('only pages over HTTPS, or of this machine, have a \
    clipboard');\n";

impl Clipboard {
    /// The text that was copied last; empty when there is none.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`](crate::record::FailureKind::Assertion) when the page can't have a clipboard.
    pub async fn read(&self) -> Result<String> {
        self.page.grant_permissions(&[Permission::ClipboardRead]).await?;
        let script = format!("{SAFE}return navigator.clipboard.readText()");
        self.page.read("read the clipboard", &script, &[]).await
    }

    /// Copies a text.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`](crate::record::FailureKind::Assertion) when the page can't have a clipboard.
    pub async fn write(&self, text: &str) -> Result {
        self.page.grant_permissions(&[Permission::ClipboardWrite]).await?;
        let script = format!("{SAFE}return navigator.clipboard.writeText(arguments[0])");
        self.page.read("write to the clipboard", &script, &[json!(text)]).await
    }
}
