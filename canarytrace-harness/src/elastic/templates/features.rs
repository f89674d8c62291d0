//! What differs between the products that take our templates.

/// What a product understands of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// An index template may name component templates that are not there (Elasticsearch 8.7).
    pub ignores_missing_components: bool,
    /// A template may say how long documents are kept (Elasticsearch 8.11).
    pub lifecycle: bool,
}

impl Features {
    /// Elasticsearch of this version, or of any that is not known.
    pub fn of_elasticsearch(version: Option<(u64, u64)>) -> Self {
        let since = |wanted| version.is_none_or(|version| version >= wanted);
        Self { ignores_missing_components: since((8, 7)), lifecycle: since((8, 11)) }
    }

    /// `OpenSearch`, of any version.
    pub const fn of_opensearch() -> Self {
        Self { ignores_missing_components: false, lifecycle: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_know_less() {
        let of = |version| {
            let features = Features::of_elasticsearch(version);
            (features.ignores_missing_components, features.lifecycle)
        };
        assert_eq!(of(Some((8, 6))), (false, false));
        assert_eq!(of(Some((8, 10))), (true, false));
        assert_eq!(of(Some((9, 0))), (true, true));
        assert_eq!(of(None), (true, true));
    }
}
