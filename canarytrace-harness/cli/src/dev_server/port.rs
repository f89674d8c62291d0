//! Ports that servers listen on.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;

use anyhow::Context as _;

use super::home::Home;
use super::lock::Lock;

/// Where clusters are looked for by habit. The library behind `OpenSearch` knows only these.
const USUAL: RangeInclusive<u16> = 9200..=9299;

/// A port that no other of our servers takes as long as this is held, also while nobody listens on it.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _reserved: Lock,
}

impl Port {
    /// The first free one from 9200 on.
    ///
    /// # Errors
    /// When there is none.
    pub fn free(home: &Home) -> anyhow::Result<Self> {
        for number in USUAL {
            if let Some(port) = Self::exactly(home, number)? {
                return Ok(port);
            }
        }
        anyhow::bail!("every port from {} to {} of localhost is in use", USUAL.start(), USUAL.end())
    }

    /// This one, when it is free.
    ///
    /// # Errors
    /// When it can't be reserved.
    pub fn exactly(home: &Home, number: u16) -> anyhow::Result<Option<Self>> {
        let reserved = Lock::take(&home.port(number)).context("a port can't be reserved")?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
        Ok(reserved.filter(|_| free).map(|reserved| Self { number, _reserved: reserved }))
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }
}
