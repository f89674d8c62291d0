//! The events that we read, typed and tolerant. Every other one is kept as text.
//!
//! Names and units are the protocol's: `MonotonicTime` is in seconds since an arbitrary point in the past,
//! `TimeSinceEpoch` in seconds and `Timestamp` in milliseconds since the epoch.

pub mod canarytrace;
pub mod log;
mod message;
pub mod network;
pub mod page;
pub mod runtime;
pub mod target;
pub(in crate::devtools) mod tolerant;
mod unread;

pub use message::Message;
pub use tolerant::{Field, Headers, IntoOwned, Text};
pub use unread::{UnreadHeaders, UnreadStack};

use message::events;
pub(in crate::devtools) use message::mended;

events! {
    "Network.requestWillBeSent" => RequestWillBeSent(network::RequestWillBeSent<'a>),
    "Network.requestWillBeSentExtraInfo" => RequestWillBeSentExtraInfo(network::RequestWillBeSentExtraInfo<'a>),
    "Network.responseReceived" => ResponseReceived(network::ResponseReceived<'a>),
    "Network.responseReceivedExtraInfo" => ResponseReceivedExtraInfo(network::ResponseReceivedExtraInfo<'a>),
    "Network.responseReceivedEarlyHints" => ResponseReceivedEarlyHints(network::ResponseReceivedEarlyHints<'a>),
    "Network.dataReceived" => DataReceived(network::DataReceived<'a>),
    "Network.eventSourceMessageReceived" => EventSourceMessageReceived(network::EventSourceMessageReceived<'a>),
    "Network.loadingFinished" => LoadingFinished(network::LoadingFinished<'a>),
    "Network.loadingFailed" => LoadingFailed(network::LoadingFailed<'a>),
    "Network.requestServedFromCache" => RequestServedFromCache(network::RequestServedFromCache<'a>),
    "Network.resourceChangedPriority" => ResourceChangedPriority(network::ResourceChangedPriority<'a>),
    "Network.webSocketCreated" => WebSocketCreated(network::WebSocketCreated<'a>),
    "Network.webSocketWillSendHandshakeRequest" => WebSocketWillSendHandshakeRequest(network::WebSocketWillSendHandshakeRequest<'a>),
    "Network.webSocketHandshakeResponseReceived" => WebSocketHandshakeResponseReceived(network::WebSocketHandshakeResponseReceived<'a>),
    "Network.webSocketFrameSent" => WebSocketFrameSent(network::WebSocketFrameSent<'a>),
    "Network.webSocketFrameReceived" => WebSocketFrameReceived(network::WebSocketFrameReceived<'a>),
    "Network.webSocketFrameError" => WebSocketFrameError(network::WebSocketFrameError<'a>),
    "Network.webSocketClosed" => WebSocketClosed(network::WebSocketClosed<'a>),
    "Network.webTransportCreated" => WebTransportCreated(network::WebTransportCreated<'a>),
    "Network.webTransportConnectionEstablished" => WebTransportConnectionEstablished(network::WebTransportConnectionEstablished<'a>),
    "Network.webTransportClosed" => WebTransportClosed(network::WebTransportClosed<'a>),
    "Page.frameAttached" => FrameAttached(page::FrameAttached<'a>),
    "Page.frameDetached" => FrameDetached(page::FrameDetached<'a>),
    "Page.frameStartedLoading" => FrameStartedLoading(page::FrameStartedLoading<'a>),
    "Page.frameStoppedLoading" => FrameStoppedLoading(page::FrameStoppedLoading<'a>),
    "Page.frameNavigated" => FrameNavigated(page::FrameNavigated<'a>),
    "Page.frameRequestedNavigation" => FrameRequestedNavigation(page::FrameRequestedNavigation<'a>),
    "Page.navigatedWithinDocument" => NavigatedWithinDocument(page::NavigatedWithinDocument<'a>),
    "Page.lifecycleEvent" => LifecycleEvent(page::LifecycleEvent<'a>),
    "Page.loadEventFired" => LoadEventFired(page::LoadEventFired),
    "Page.domContentEventFired" => DomContentEventFired(page::DomContentEventFired),
    "Page.screencastFrame" => ScreencastFrame(page::ScreencastFrame<'a>),
    "Runtime.bindingCalled" => BindingCalled(runtime::BindingCalled<'a>),
    "Runtime.consoleAPICalled" => ConsoleApiCalled(runtime::ConsoleApiCalled<'a>),
    "Runtime.exceptionThrown" => ExceptionThrown(runtime::ExceptionThrown<'a>),
    "Runtime.exceptionRevoked" => ExceptionRevoked(runtime::ExceptionRevoked<'a>),
    "Runtime.executionContextCreated" => ExecutionContextCreated(runtime::ExecutionContextCreated<'a>),
    "Runtime.executionContextDestroyed" => ExecutionContextDestroyed(runtime::ExecutionContextDestroyed<'a>),
    "Log.entryAdded" => EntryAdded(log::EntryAdded<'a>),
    "Console.messageAdded" => MessageAdded(log::MessageAdded<'a>),
    "Target.attachedToTarget" => AttachedToTarget(target::AttachedToTarget<'a>),
    "Target.detachedFromTarget" => DetachedFromTarget(target::DetachedFromTarget<'a>),
    "Target.targetCreated" => TargetCreated(target::TargetCreated<'a>),
    "Target.targetInfoChanged" => TargetInfoChanged(target::TargetInfoChanged<'a>),
    "Target.targetDestroyed" => TargetDestroyed(target::TargetDestroyed<'a>),
    "Target.targetCrashed" => TargetCrashed(target::TargetCrashed<'a>),
    "Canarytrace.recordingStarted" => RecordingStarted(canarytrace::RecordingStarted<'a>),
    "Canarytrace.stepStarted" => StepStarted(canarytrace::StepStarted<'a>),
    "Canarytrace.stepEnded" => StepEnded(canarytrace::StepEnded<'a>),
    "Canarytrace.attemptOver" => AttemptOver(canarytrace::AttemptOver),
    "Canarytrace.memory" => MemoryMeasured(canarytrace::Memory<'a>),
    "Canarytrace.usage" => UsageMeasured(canarytrace::UsageMeasured),
    "Canarytrace.coverage" => CoverageTaken(canarytrace::CoverageTaken),
    "Canarytrace.pageLoadOver" => PageLoadOver(canarytrace::PageLoadOver<'a>),
    "Canarytrace.messagesMissed" => MessagesMissed(canarytrace::MessagesMissed),
    "Canarytrace.requestBody" => RequestBody(canarytrace::RequestBody<'a>),
    "Canarytrace.responseBody" => ResponseBody(canarytrace::ResponseBody<'a>),
    "Canarytrace.recordingEnded" => RecordingEnded(canarytrace::RecordingEnded),
}

#[cfg(test)]
mod tests;
