//! tmp
pub mod availability {
    pub async fn measure(_u: &url::Url, _t: std::time::Duration) -> crate::record::Availability {
        todo!()
    }
}
