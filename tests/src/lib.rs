//! What the tests of Canarytrace share.

pub mod arguments;
pub mod canned;
pub mod clock;
pub mod cluster;
pub mod containers;
pub mod elastic;
pub mod fault_proxy;
pub mod figures;
pub mod generated;
pub mod git_https;
pub mod git_repository;
pub mod git_ssh;
pub mod k8s;
pub mod library_monitor;
pub mod lighthouse;
pub mod machine;
pub mod mapping;
pub mod measure;
pub mod raw_log;
pub mod redact;
pub mod runner;
pub mod s3;
pub mod servers;
pub mod session;
pub mod tmpfs;
