//! What Canarytrace itself writes into a raw log between the browser's messages, in the protocol's form: which run it
//! is, which step a message belongs to, what is missing.

use serde_json::{Number, Value};

use super::tolerant::{Text, tolerant};

tolerant! {
    /// `Canarytrace.recordingStarted`: the first line of a raw log of ours.
    pub struct RecordingStarted<'a> {
        /// Version of this form of log: 1.
        format: Number => "format",
        /// Version of Canarytrace.
        version: Text<'a> => "version",
        /// The run.
        uuid: Text<'a> => "uuid",
        /// Number of the attempt, from 1.
        attempt: Number => "attempt",
        /// Number of the iteration, from 1; none where there is only one.
        iteration: Number => "iteration",
        /// Name of the monitor.
        monitor: Text<'a> => "monitor",
        /// The budgets that the attempt is judged by, when it is judged by this log alone.
        budgets: Value => "budgets",
        /// Name and version of the browser.
        browser: Text<'a> => "browser",
        /// The first tab: `sessionId`, `targetId`. The browser told of it before the log began.
        tab: Value => "tab",
        /// What the documents depend on beside the messages: `REQUEST_LOG`, `CONSOLE_INTERCEPT`,
        /// `PERFORMANCE_ENTRIES_INTERCEPT`, `CANARYTRACE_VITALS`, `POST_DATA_PATH`, `TRACE_ID_NAME`; `network`, whether the
        /// browser told of requests.
        options: Value => "options",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
    }

    /// `Canarytrace.stepStarted`: what begins from here on belongs to this step.
    pub struct StepStarted<'a> {
        /// The step.
        uuid_action: Text<'a> => "uuidAction",
        /// Its title.
        title: Text<'a> => "title",
        /// Titles of suite and step.
        full_title: Text<'a> => "fullTitle",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
    }

    /// `Canarytrace.stepEnded`: what begins from here on belongs to the step around this one, or to none.
    pub struct StepEnded<'a> {
        /// The step.
        uuid_action: Text<'a> => "uuidAction",
        /// How long its code took, ms.
        duration: Number => "duration",
        /// A suite only groups.
        is_suite: bool => "isSuite",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
    }

    /// `Canarytrace.attemptOver`: the monitor's code is over; what is open of its pages is complete.
    pub struct AttemptOver {
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
    }

    /// `Canarytrace.memory`: what a page said of its memory at the end of the step that is open.
    pub struct Memory<'a> {
        /// The page.
        url: Text<'a> => "url",
        /// `performance.memory`.
        heap: Value => "heap",
        /// `metrics` of the reply of `Performance.getMetrics`.
        metrics: Value => "metrics",
    }

    /// `Canarytrace.usage`: what the step that is open, or the attempt, cost.
    pub struct UsageMeasured {
        /// The document of the dataset `usage`, without what other messages tell.
        usage: Value => "usage",
    }

    /// `Canarytrace.coverage`: how much was used of scripts and style sheets, of pages that are open or were left.
    pub struct CoverageTaken {
        /// A list: `kind`, `url`, `page`, `total`, `used`, `exact` of each.
        sources: Value => "sources",
    }

    /// `Canarytrace.pageLoadOver`: what this tab shows from here on is no part of its page load.
    pub struct PageLoadOver<'a> {
        /// Why: `input` or `step`.
        reason: Text<'a> => "reason",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
    }

    /// `Canarytrace.messagesMissed`: at this place messages of the browser are missing.
    pub struct MessagesMissed {
        /// How many.
        count: Number => "count",
    }

    /// `Canarytrace.requestBody`: the reply of `Network.getRequestPostData`, of a body too long for its event.
    pub struct RequestBody<'a> {
        /// The request.
        request_id: Text<'a> => "requestId",
        /// The body.
        post_data: Text<'a> => "postData",
    }

    /// `Canarytrace.responseBody`: the reply of `Network.getResponseBody`, when bodies are kept.
    pub struct ResponseBody<'a> {
        /// The request.
        request_id: Text<'a> => "requestId",
        /// The body.
        body: Text<'a> => "body",
        /// Whether it is in base64.
        base64_encoded: bool => "base64Encoded",
    }

    /// `Canarytrace.recordingEnded`: the last line of a complete log.
    pub struct RecordingEnded {
        /// Messages that the browser sent.
        seen: Number => "seen",
        /// Of these, those that are in the log.
        kept: Number => "kept",
        /// Of these, those that are not, because too many or too large ones waited.
        missed: Number => "missed",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
    }
}
