//! The `Page` domain: frames and their loads.

use serde_json::{Number, Value};

use super::tolerant::{Text, tolerant};

tolerant! {
    /// `Page.Frame`: information about the Frame on the page.
    pub struct Frame<'a> {
        /// Frame unique identifier.
        id: Text<'a> => "id",
        /// Parent frame identifier.
        parent_id: Text<'a> => "parentId",
        /// Identifier of the loader associated with this frame.
        loader_id: Text<'a> => "loaderId",
        /// Frame's name as specified in the tag.
        name: Text<'a> => "name",
        /// Frame document's URL without fragment.
        url: Text<'a> => "url",
        /// Frame document's URL fragment including the '#'.
        url_fragment: Text<'a> => "urlFragment",
        /// Frame document's registered domain, taking the public suffixes list into account.
        domain_and_registry: Text<'a> => "domainAndRegistry",
        /// Frame document's security origin.
        security_origin: Text<'a> => "securityOrigin",
        /// Frame document's mimeType as determined by the browser.
        mime_type: Text<'a> => "mimeType",
        /// If the frame failed to load, this contains the URL that could not be loaded.
        unreachable_url: Text<'a> => "unreachableUrl",
        /// Indicates whether the main document is a secure context and explains why that is the case.
        secure_context_type: Text<'a> => "secureContextType",
        /// Indicates whether this is a cross origin isolated context.
        cross_origin_isolated_context_type: Text<'a> => "crossOriginIsolatedContextType",
    }

    /// `Page.frameAttached`: fired when frame has been attached to its parent.
    pub struct FrameAttached<'a> {
        /// Id of the frame that has been attached.
        frame_id: Text<'a> => "frameId",
        /// Parent frame identifier.
        parent_frame_id: Text<'a> => "parentFrameId",
        /// JavaScript stack trace of when frame was attached, only set if frame initiated from script.
        stack: Box<super::runtime::StackTrace<'a>> => "stack",
    }

    /// `Page.frameDetached`: fired when frame has been detached from its parent.
    pub struct FrameDetached<'a> {
        /// Id of the frame that has been detached.
        frame_id: Text<'a> => "frameId",
        /// The protocol's own reason.
        reason: Text<'a> => "reason",
    }

    /// `Page.frameStartedLoading`: fired when frame has started loading.
    pub struct FrameStartedLoading<'a> {
        /// Id of the frame that has started loading.
        frame_id: Text<'a> => "frameId",
    }

    /// `Page.frameStoppedLoading`: fired when frame has stopped loading.
    pub struct FrameStoppedLoading<'a> {
        /// Id of the frame that has stopped loading.
        frame_id: Text<'a> => "frameId",
    }

    /// `Page.frameNavigated`: fired once navigation of the frame has completed.
    pub struct FrameNavigated<'a> {
        /// Frame object.
        frame: Frame<'a> => "frame",
        /// The protocol's own type.
        kind: Text<'a> => "type",
    }

    /// `Page.frameRequestedNavigation`: fired when a renderer-initiated navigation is requested.
    pub struct FrameRequestedNavigation<'a> {
        /// Id of the frame that is being navigated.
        frame_id: Text<'a> => "frameId",
        /// The reason for the navigation.
        reason: Text<'a> => "reason",
        /// The destination URL for the requested navigation.
        url: Text<'a> => "url",
        /// The disposition for the navigation.
        disposition: Text<'a> => "disposition",
    }

    /// `Page.navigatedWithinDocument`: fired when same-document navigation happens, e.g.
    pub struct NavigatedWithinDocument<'a> {
        /// Id of the frame.
        frame_id: Text<'a> => "frameId",
        /// Frame's new url.
        url: Text<'a> => "url",
        /// Navigation type.
        navigation_type: Text<'a> => "navigationType",
    }

    /// `Page.lifecycleEvent`: fired for lifecycle events (navigation, load, paint, etc) in the current.
    pub struct LifecycleEvent<'a> {
        /// Id of the frame.
        frame_id: Text<'a> => "frameId",
        /// Loader identifier.
        loader_id: Text<'a> => "loaderId",
        /// The protocol's own name.
        name: Text<'a> => "name",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }

    /// `Page.loadEventFired`: see the protocol.
    pub struct LoadEventFired {
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }

    /// `Page.domContentEventFired`: see the protocol.
    pub struct DomContentEventFired {
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }

    /// `Page.ScreencastFrameMetadata`: where and when a picture was taken.
    pub struct ScreencastFrameMetadata {
        /// Top offset in CSS px.
        offset_top: Number => "offsetTop",
        /// Page scale factor.
        page_scale_factor: Number => "pageScaleFactor",
        /// Device screen width in CSS px.
        device_width: Number => "deviceWidth",
        /// Device screen height in CSS px.
        device_height: Number => "deviceHeight",
        /// Position of horizontal scroll in CSS px.
        scroll_offset_x: Number => "scrollOffsetX",
        /// Position of vertical scroll in CSS px.
        scroll_offset_y: Number => "scrollOffsetY",
        /// Seconds since the epoch (`TimeSinceEpoch`).
        timestamp: Number => "timestamp",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`). Not in the protocol's description.
        monotonic_timestamp: Number => "monotonicTimestamp",
    }

    /// `Page.screencastFrame`: a picture of what the page shows now.
    pub struct ScreencastFrame<'a> {
        /// Base64 of the picture; empty in our own logs.
        data: Text<'a> => "data",
        /// When it was taken.
        metadata: ScreencastFrameMetadata => "metadata",
        /// Number that the picture is acknowledged with.
        session_id: Number => "sessionId",
        /// In our own logs, in the place of the picture: how often each value of red, green and blue is in it.
        histogram: Value => "canarytraceHistogram",
    }
}
