//! Whatever happens to the cluster, to the way there or to us: every document that was spooled is on the server once, or
//! among the dead letters.
//!
//! The documents are generated (`fixture-spooler`); spool, shipper and server are the real ones, with a proxy of ours
//! between the last two. What counts is the server's answer to a search over all backing indices.

mod blocks;
mod credentials;
mod crowds;
mod disks;
mod outages;
mod rejections;
mod replies;
mod runs;
mod schedules;
mod support;
