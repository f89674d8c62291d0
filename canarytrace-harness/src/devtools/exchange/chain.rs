//! The hops of one request id, and which of the announced `ExtraInfo` belongs to which of them.
//!
//! `ExtraInfo` events come from another process than their partners, so before them or after them. They carry no number
//! of the hop, but among themselves they keep the order of the wire: a hop has at most one place (`Slot`) in it, which
//! it takes when it is known (`redirectHasExtraInfo`, `hasExtraInfo`) that it has any.

use std::collections::VecDeque;

use super::model::{End, Exchange};
use crate::devtools::protocol::network::{RequestWillBeSentExtraInfo, Response, ResponseReceivedExtraInfo};
use crate::devtools::protocol::{Headers, Text, UnreadHeaders};

/// More hops than any browser follows (20): what comes beyond is a broken log's.
const MAX_SLOTS: usize = 100;

/// Sessions of one browser that tell of one request.
const MAX_SESSIONS: usize = 16;

/// One hop and what is still expected of it.
#[derive(Clone, Debug)]
pub(super) struct Hop<'a> {
    pub(super) exchange: Box<Exchange<'a>>,
    /// Whether its place among the `ExtraInfo` events is settled, and which it is.
    slot: Place,
    /// The browser said that an `ExtraInfo` of the response will come.
    announced: bool,
    pub(super) ended: bool,
}

/// The place of a hop among the `ExtraInfo` events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    NotSettled,
    Nowhere,
    At(usize),
}

/// The session that told of something; logs without sessions have one teller.
type Teller<'a> = (Option<Text<'a>>,);

/// The `ExtraInfo` events of one hop.
#[derive(Clone, Debug, Default)]
struct Slot<'a> {
    request: Option<(Option<Text<'a>>, RequestWillBeSentExtraInfo<'a>)>,
    response: Option<ResponseReceivedExtraInfo<'a>>,
}

/// What a `requestWillBeSent` of an id that is known means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Another session told of it before.
    Again,
    /// It was redirected.
    NextHop,
    /// Another request under an id that was used before.
    Anew,
}

/// All that is known under one request id.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain<'a> {
    /// Those that were not handed out, in their order. All but the last one have ended.
    pub(super) hops: VecDeque<Hop<'a>>,
    /// How many hops began.
    pub(super) begun: u32,
    /// Tells this chain from an older one of the same id.
    pub(super) generation: u64,
    /// It stands in the queue of those that are waited for.
    pub(super) queued: bool,
    /// Hints that came before the request they belong to.
    pub(super) early_hints: Option<Headers<'a>>,
    /// The session that tells of the body: what others tell of it is the same once more.
    data_from: Option<Teller<'a>>,
    /// The session that told of the response.
    response_from: Option<Teller<'a>>,
    /// How many hops each session told of.
    told: Vec<(Option<Text<'a>>, u32)>,
    slots: Vec<Slot<'a>>,
    slots_taken: usize,
    /// How many `responseReceivedExtraInfo` came.
    responses: usize,
    last_response_from: Option<Text<'a>>,
    /// URL and `requestTime` of the last redirect: old browsers tell of it once more as the response of what it led to.
    redirect: Option<(Text<'a>, f64)>,
}

impl<'a> Chain<'a> {
    /// One that is told from others of its id by this number.
    pub(super) fn new(generation: u64) -> Self {
        Self { generation, ..Self::default() }
    }

    /// Everything that began was handed out.
    pub(super) fn is_gone(&self) -> bool {
        self.begun > 0 && self.hops.is_empty()
    }

    /// The hop that messages are about.
    pub(super) fn last(&mut self) -> Option<&mut Hop<'a>> {
        self.hops.back_mut()
    }

    /// What it means that a session tells of a request.
    pub(super) fn hear(&mut self, session: Option<&Text<'a>>, redirected: bool, url: &str, at: f64) -> Heard {
        let begun = self.begun;
        let told = self.told.iter_mut().find(|(teller, _)| teller.as_ref() == session);
        let same = self.hops.back().map(|hop| {
            let exchange = &hop.exchange;
            (exchange.request.url.text() == url, exchange.request_at.to_bits() == at.to_bits(), hop.ended)
        });
        match (told, redirected) {
            (Some((_, told)), true) => {
                *told += 1;
                if *told <= begun { Heard::Again } else { Heard::NextHop }
            }
            (Some(_), false) => match same {
                Some((true, _, false) | (true, true, _)) => Heard::Again,
                _ => Heard::Anew,
            },
            (None, redirected) => {
                let again = !redirected || same.is_none_or(|(url, at, ended)| ended || (url && at));
                let told = match (redirected, again) {
                    (false, _) => 1,
                    (true, true) => begun,
                    (true, false) => begun + 1,
                };
                if self.told.len() < MAX_SESSIONS {
                    self.told.push((session.cloned(), told));
                }
                if again { Heard::Again } else { Heard::NextHop }
            }
        }
    }

    /// Adds a hop.
    pub(super) fn begin(&mut self, mut exchange: Exchange<'a>) {
        exchange.redirects_before = self.begun;
        exchange.early_hints = self.early_hints.take();
        self.begun += 1;
        if self.told.is_empty() {
            self.told.push((exchange.session_id.clone(), 1));
        }
        self.data_from = None;
        self.response_from = None;
        self.hops.push_back(Hop {
            exchange: Box::new(exchange),
            slot: Place::NotSettled,
            announced: false,
            ended: false,
        });
    }

    /// The last hop, unless another session told of its body before.
    pub(super) fn body_from(&mut self, session: Option<&Text<'a>>) -> Option<&mut Exchange<'a>> {
        let hop = self.hops.back_mut()?;
        let (teller,) = self.data_from.get_or_insert_with(|| (session.cloned(),));
        (teller.as_ref() == session).then_some(&mut *hop.exchange)
    }

    /// The last hop's response. Told twice by one session, the later one counts.
    pub(super) fn answer(
        &mut self,
        session: Option<&Text<'a>>,
        response: Box<Response<'a>>,
        at: Option<f64>,
        extra: Option<bool>,
    ) {
        let time = response.timing.get().and_then(|timing| timing.request_time.number());
        if let (Some((url, redirected_at)), Some(time)) = (&self.redirect, time)
            && url == response.url.text()
            && redirected_at.to_bits() == time.to_bits()
        {
            return;
        }
        let Some(hop) = self.hops.back_mut() else { return };
        if self.response_from.get_or_insert_with(|| (session.cloned(),)).0.as_ref() != session {
            return;
        }
        if hop.slot == Place::NotSettled {
            hop.slot = if may_have_extra(extra, &response) { Place::At(self.slots_taken) } else { Place::Nowhere };
            hop.announced = extra == Some(true);
            self.slots_taken += usize::from(hop.slot != Place::Nowhere);
        }
        hop.exchange.response = Some(response);
        hop.exchange.response_at = at;
    }

    /// Ends the last hop because it was redirected.
    pub(super) fn redirect(&mut self, response: Box<Response<'a>>, at: f64, extra: Option<bool>) {
        let Some(hop) = self.hops.back_mut().filter(|hop| !hop.ended) else { return };
        if hop.slot == Place::NotSettled {
            hop.slot = if may_have_extra(extra, &response) { Place::At(self.slots_taken) } else { Place::Nowhere };
            self.slots_taken += usize::from(hop.slot != Place::Nowhere);
        }
        hop.announced = extra == Some(true);
        let time = response.timing.get().and_then(|timing| timing.request_time.number());
        self.redirect = response.url.get().cloned().zip(time);
        hop.exchange.response = Some(response);
        hop.exchange.response_at = Some(at);
        hop.exchange.end = End::Redirected { at };
        hop.ended = true;
    }

    /// Ends the last hop, once.
    pub(super) fn end(&mut self, end: End<'a>) {
        let Some(hop) = self.hops.back_mut() else { return };
        let fails_after_all = matches!(end, End::Failed(_))
            && matches!(hop.exchange.end, End::Finished { .. })
            && hop.exchange.response.is_none();
        if hop.ended && !fails_after_all {
            return;
        }
        if hop.slot == Place::NotSettled && hop.exchange.response.is_none() {
            hop.slot = Place::At(self.slots_taken);
            self.slots_taken += 1;
        }
        hop.exchange.end = end;
        hop.ended = true;
    }

    /// What was sent over the wire. One that comes again before the response is of an attempt that counts: of
    /// authentication, or on another connection.
    pub(super) fn request_extra(&mut self, session: Option<Text<'a>>, extra: RequestWillBeSentExtraInfo<'a>) {
        let slot = self.responses;
        let Some(slot) = self.slot(slot) else { return };
        if slot.request.as_ref().is_none_or(|(teller, _)| *teller == session) {
            slot.request = Some((session, extra));
        }
    }

    /// What came over the wire.
    pub(super) fn response_extra(&mut self, session: Option<Text<'a>>, extra: ResponseReceivedExtraInfo<'a>) {
        if let Some(last) = self.responses.checked_sub(1).and_then(|last| self.slots.get(last))
            && session != self.last_response_from
            && last.response.as_ref().is_some_and(|last| *last == extra)
        {
            return;
        }
        let slot = self.responses;
        let Some(slot) = self.slot(slot) else { return };
        slot.response = Some(extra);
        self.responses += 1;
        self.last_response_from = session;
    }

    fn slot(&mut self, at: usize) -> Option<&mut Slot<'a>> {
        if at >= MAX_SLOTS || self.is_gone() {
            return None;
        }
        if self.slots.len() <= at {
            // One is all that most have, and it is large.
            self.slots.reserve_exact(at + 1 - self.slots.len());
            self.slots.resize_with(at + 1, Slot::default);
        }
        self.slots.get_mut(at)
    }

    /// Whether the first hop has ended and nothing more is expected of it.
    pub(super) fn first_is_complete(&self, bodies: (bool, bool)) -> bool {
        let Some(hop) = self.hops.front().filter(|hop| hop.ended) else { return false };
        let exchange = &hop.exchange;
        let finished = matches!(exchange.end, End::Finished { .. });
        if finished && exchange.response.is_none() {
            return false;
        }
        let request_body = bodies.0
            && exchange.request.has_post_data.is_true()
            && exchange.request.post_data.get().is_none()
            && exchange.request_body.is_none()
            && !matches!(exchange.end, End::Redirected { .. });
        let response_body = bodies.1 && finished && exchange.body.content.is_none() && exchange.body.decoded > 0;
        if request_body || response_body {
            return false;
        }
        let Place::At(slot) = hop.slot else { return true };
        match self.slots.get(slot) {
            Some(Slot { response: Some(_), .. }) => true,
            // Browsers that announce nothing send both or none.
            Some(Slot { request: Some(_), .. }) => false,
            _ => !hop.announced,
        }
    }

    /// Hands out the first hop with what was told of it.
    pub(super) fn take_first(&mut self) -> Option<Box<Exchange<'a>>> {
        let mut hop = self.hops.pop_front()?;
        // One that never ended may have the extra that came of it all the same.
        let slot = if hop.slot == Place::NotSettled { Place::At(self.slots_taken) } else { hop.slot };
        if let Place::At(slot) = slot {
            if let Some(slot) = self.slots.get_mut(slot) {
                hop.exchange.request_extra = slot.request.take().map(|(_, extra)| extra);
                hop.exchange.response_extra = slot.response.take();
            }
            // Of a request whose two came in the other order: no hop is left that it could belong to.
            if hop.exchange.request_extra.is_none() && self.hops.is_empty() {
                let late = self.slots.get_mut(slot + 1).and_then(|late| late.request.take());
                hop.exchange.request_extra = late.map(|(_, extra)| extra);
            }
        }
        Some(hop.exchange)
    }
}

/// Whether a hop has a place among the `ExtraInfo` events. Where the browser doesn't say so (before version 90), all have
/// but redirects that the browser made up (HSTS), which never were on a wire.
fn may_have_extra(announced: Option<bool>, response: &Response<'_>) -> bool {
    announced.unwrap_or_else(|| {
        let said = |headers: &UnreadHeaders<'_>| headers.read().value("non-authoritative-reason").is_some();
        let internal = response.status_text.text() == "Internal Redirect"
            || (response.status.integer() == Some(307) && response.headers.get().is_some_and(said));
        !internal
    })
}
