//! The `Network` domain: requests, responses, web sockets.

use serde_json::Number;

use super::tolerant::{Headers, Text, tolerant};
use super::unread::{UnreadHeaders, UnreadStack};

tolerant! {
    /// `Network.Request`: HTTP request data.
    pub struct Request<'a> {
        /// Request URL (without fragment).
        url: Text<'a> => "url",
        /// Fragment of the requested URL starting with hash, if present.
        url_fragment: Text<'a> => "urlFragment",
        /// HTTP request method.
        method: Text<'a> => "method",
        /// HTTP request headers.
        headers: UnreadHeaders<'a> => "headers",
        /// HTTP POST request data.
        post_data: Text<'a> => "postData",
        /// True when the request has POST data.
        has_post_data: bool => "hasPostData",
        /// Priority of the resource request at the time request is sent.
        initial_priority: Text<'a> => "initialPriority",
        /// Whether is loaded via link preload.
        is_link_preload: bool => "isLinkPreload",
        /// True if this resource request is considered to be the 'same site' as the.
        is_same_site: bool => "isSameSite",
    }

    /// `Network.Response`: HTTP response data.
    pub struct Response<'a> {
        /// Response URL.
        url: Text<'a> => "url",
        /// HTTP response status code.
        status: Number => "status",
        /// HTTP response status text.
        status_text: Text<'a> => "statusText",
        /// HTTP response headers.
        headers: UnreadHeaders<'a> => "headers",
        /// HTTP response headers text.
        headers_text: Text<'a> => "headersText",
        /// Resource mimeType as determined by the browser.
        mime_type: Text<'a> => "mimeType",
        /// Resource charset as determined by the browser (if applicable).
        charset: Text<'a> => "charset",
        /// Refined HTTP request headers that were actually transmitted over the network.
        request_headers: UnreadHeaders<'a> => "requestHeaders",
        /// HTTP request headers text.
        request_headers_text: Text<'a> => "requestHeadersText",
        /// Specifies whether physical connection was actually reused for this request.
        connection_reused: bool => "connectionReused",
        /// Physical connection id that was actually used for this request.
        connection_id: Number => "connectionId",
        /// Remote IP address.
        remote_ip_address: Text<'a> => "remoteIPAddress",
        /// Remote port.
        remote_port: Number => "remotePort",
        /// Specifies that the request was served from the disk cache.
        from_disk_cache: bool => "fromDiskCache",
        /// Specifies that the request was served from the service worker.
        from_service_worker: bool => "fromServiceWorker",
        /// Specifies that the request was served from the prefetch cache.
        from_prefetch_cache: bool => "fromPrefetchCache",
        /// Specifies that the request was served from the prefetch cache.
        from_early_hints: bool => "fromEarlyHints",
        /// Total number of bytes received for this request so far.
        encoded_data_length: Number => "encodedDataLength",
        /// Timing information for the given request.
        timing: Box<ResourceTiming> => "timing",
        /// Response source of response from service worker.
        service_worker_response_source: Text<'a> => "serviceWorkerResponseSource",
        /// Seconds since the epoch (`TimeSinceEpoch`).
        response_time: Number => "responseTime",
        /// Protocol used to fetch this request.
        protocol: Text<'a> => "protocol",
        /// Security state of the request resource.
        security_state: Text<'a> => "securityState",
        /// Security details for the request.
        security_details: Box<SecurityDetails<'a>> => "securityDetails",
    }

    /// `Network.Initiator`: information about the request initiator.
    pub struct Initiator<'a> {
        /// Type of this initiator.
        kind: Text<'a> => "type",
        /// Initiator JavaScript stack trace, set for Script only.
        stack: UnreadStack<'a> => "stack",
        /// Initiator URL, set for Parser type or for Script type (when script is importing module) or for ….
        url: Text<'a> => "url",
        /// Initiator line number, set for Parser type or for Script type (when script is importing.
        line_number: Number => "lineNumber",
        /// Initiator column number, set for Parser type or for Script type (when script is importing.
        column_number: Number => "columnNumber",
        /// Set if another request triggered this request (e.g.
        request_id: Text<'a> => "requestId",
    }

    /// `Network.ResourceTiming`: timing information for the request.
    pub struct ResourceTiming {
        /// Timing's requestTime is a baseline in seconds, while the other numbers are ticks in.
        request_time: Number => "requestTime",
        /// Started resolving proxy.
        proxy_start: Number => "proxyStart",
        /// Finished resolving proxy.
        proxy_end: Number => "proxyEnd",
        /// Started DNS address resolve.
        dns_start: Number => "dnsStart",
        /// Finished DNS address resolve.
        dns_end: Number => "dnsEnd",
        /// Started connecting to the remote host.
        connect_start: Number => "connectStart",
        /// Connected to the remote host.
        connect_end: Number => "connectEnd",
        /// Started SSL handshake.
        ssl_start: Number => "sslStart",
        /// Finished SSL handshake.
        ssl_end: Number => "sslEnd",
        /// Started running service worker.
        worker_start: Number => "workerStart",
        /// Finished Starting service worker.
        worker_ready: Number => "workerReady",
        /// Started fetch event.
        worker_fetch_start: Number => "workerFetchStart",
        /// Settled fetch event respondWith promise.
        worker_respond_with_settled: Number => "workerRespondWithSettled",
        /// Started sending request.
        send_start: Number => "sendStart",
        /// Finished sending request.
        send_end: Number => "sendEnd",
        /// Time the server started pushing request.
        push_start: Number => "pushStart",
        /// Time the server finished pushing request.
        push_end: Number => "pushEnd",
        /// Started receiving response headers.
        receive_headers_start: Number => "receiveHeadersStart",
        /// Finished receiving response headers.
        receive_headers_end: Number => "receiveHeadersEnd",
    }

    /// `Network.SecurityDetails`: security details about a request.
    pub struct SecurityDetails<'a> {
        /// Protocol name (e.g.
        protocol: Text<'a> => "protocol",
        /// Cipher name.
        cipher: Text<'a> => "cipher",
        /// Certificate subject name.
        subject_name: Text<'a> => "subjectName",
        /// Name of the issuing CA.
        issuer: Text<'a> => "issuer",
        /// Seconds since the epoch (`TimeSinceEpoch`).
        valid_from: Number => "validFrom",
        /// Seconds since the epoch (`TimeSinceEpoch`).
        valid_to: Number => "validTo",
    }

    /// `Network.WebSocketRequest`: webSocket request data.
    pub struct WebSocketRequest<'a> {
        /// HTTP request headers.
        headers: UnreadHeaders<'a> => "headers",
    }

    /// `Network.WebSocketResponse`: webSocket response data.
    pub struct WebSocketResponse<'a> {
        /// HTTP response status code.
        status: Number => "status",
        /// HTTP response status text.
        status_text: Text<'a> => "statusText",
        /// HTTP response headers.
        headers: UnreadHeaders<'a> => "headers",
        /// HTTP response headers text.
        headers_text: Text<'a> => "headersText",
        /// HTTP request headers.
        request_headers: UnreadHeaders<'a> => "requestHeaders",
        /// HTTP request headers text.
        request_headers_text: Text<'a> => "requestHeadersText",
    }

    /// `Network.WebSocketFrame`: webSocket message data.
    pub struct WebSocketFrame<'a> {
        /// WebSocket message opcode.
        opcode: Number => "opcode",
        /// WebSocket message mask.
        mask: bool => "mask",
        /// WebSocket message payload data.
        payload_data: Text<'a> => "payloadData",
    }

    /// `Network.CorsErrorStatus`.
    pub struct CorsErrorStatus<'a> {
        /// The protocol's own corsError.
        cors_error: Text<'a> => "corsError",
    }

    /// `Network.requestWillBeSent`: fired when page is about to send HTTP request.
    pub struct RequestWillBeSent<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Loader identifier.
        loader_id: Text<'a> => "loaderId",
        /// URL of the document this request is loaded for.
        document_url: Text<'a> => "documentURL",
        /// Request data.
        request: Box<Request<'a>> => "request",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Seconds since the epoch (`TimeSinceEpoch`).
        wall_time: Number => "wallTime",
        /// Request initiator.
        initiator: Initiator<'a> => "initiator",
        /// In the case that redirectResponse is populated, this flag indicates whether.
        redirect_has_extra_info: bool => "redirectHasExtraInfo",
        /// Redirect response data.
        redirect_response: Box<Response<'a>> => "redirectResponse",
        /// Type of this resource.
        kind: Text<'a> => "type",
        /// Frame identifier.
        frame_id: Text<'a> => "frameId",
        /// The render-blocking behavior of the request.
        render_blocking_behavior: Text<'a> => "renderBlockingBehavior",
    }

    /// `Network.requestWillBeSentExtraInfo`: fired when additional information about a requestWillBeSent event is available from the.
    pub struct RequestWillBeSentExtraInfo<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Raw request headers as they will be sent over the wire.
        headers: Headers<'a> => "headers",
    }

    /// `Network.responseReceived`: fired when HTTP response is available.
    pub struct ResponseReceived<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Loader identifier.
        loader_id: Text<'a> => "loaderId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Resource type.
        kind: Text<'a> => "type",
        /// Response data.
        response: Box<Response<'a>> => "response",
        /// Indicates whether requestWillBeSentExtraInfo and responseReceivedExtraInfo events will be.
        has_extra_info: bool => "hasExtraInfo",
        /// Frame identifier.
        frame_id: Text<'a> => "frameId",
    }

    /// `Network.responseReceivedExtraInfo`: fired when additional information about a responseReceived event is available from the network.
    pub struct ResponseReceivedExtraInfo<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Raw response headers as they were received over the wire.
        headers: Headers<'a> => "headers",
        /// The status code of the response.
        status_code: Number => "statusCode",
        /// Raw response header text as it was received over the wire.
        headers_text: Text<'a> => "headersText",
    }

    /// `Network.responseReceivedEarlyHints`: fired when 103 Early Hints headers is received in addition to the common response.
    pub struct ResponseReceivedEarlyHints<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Raw response headers as they were received over the wire.
        headers: Headers<'a> => "headers",
    }

    /// `Network.dataReceived`: fired when data chunk was received over the network.
    pub struct DataReceived<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Data chunk length.
        data_length: Number => "dataLength",
        /// Actual bytes received (might be less than dataLength for compressed encodings).
        encoded_data_length: Number => "encodedDataLength",
        /// Data that was received.
        data: Text<'a> => "data",
    }

    /// `Network.eventSourceMessageReceived`: fired when a message of an event source is received.
    pub struct EventSourceMessageReceived<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Message type.
        event_name: Text<'a> => "eventName",
        /// Message identifier.
        event_id: Text<'a> => "eventId",
        /// Message content.
        data: Text<'a> => "data",
    }

    /// `Network.loadingFinished`: fired when HTTP request has finished loading.
    pub struct LoadingFinished<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Total number of bytes received for this request.
        encoded_data_length: Number => "encodedDataLength",
    }

    /// `Network.loadingFailed`: fired when HTTP request has failed to load.
    pub struct LoadingFailed<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Resource type.
        kind: Text<'a> => "type",
        /// Error message.
        error_text: Text<'a> => "errorText",
        /// True if loading was canceled.
        canceled: bool => "canceled",
        /// The reason why loading was blocked, if any.
        blocked_reason: Text<'a> => "blockedReason",
        /// The reason why loading was blocked by CORS, if any.
        cors_error_status: CorsErrorStatus<'a> => "corsErrorStatus",
    }

    /// `Network.requestServedFromCache`: fired if request ended up loading from cache.
    pub struct RequestServedFromCache<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
    }

    /// `Network.resourceChangedPriority`: fired when resource loading priority is changed.
    pub struct ResourceChangedPriority<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// New priority.
        new_priority: Text<'a> => "newPriority",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }

    /// `Network.webSocketCreated`: fired upon WebSocket creation.
    pub struct WebSocketCreated<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// WebSocket request URL.
        url: Text<'a> => "url",
        /// Request initiator.
        initiator: Initiator<'a> => "initiator",
    }

    /// `Network.webSocketWillSendHandshakeRequest`: fired when WebSocket is about to initiate handshake.
    pub struct WebSocketWillSendHandshakeRequest<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Seconds since the epoch (`TimeSinceEpoch`).
        wall_time: Number => "wallTime",
        /// WebSocket request data.
        request: WebSocketRequest<'a> => "request",
    }

    /// `Network.webSocketHandshakeResponseReceived`: fired when WebSocket handshake response becomes available.
    pub struct WebSocketHandshakeResponseReceived<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// WebSocket response data.
        response: WebSocketResponse<'a> => "response",
    }

    /// `Network.webSocketFrameSent`: fired when WebSocket message is sent.
    pub struct WebSocketFrameSent<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// WebSocket response data.
        response: WebSocketFrame<'a> => "response",
    }

    /// `Network.webSocketFrameReceived`: fired when WebSocket message is received.
    pub struct WebSocketFrameReceived<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// WebSocket response data.
        response: WebSocketFrame<'a> => "response",
    }

    /// `Network.webSocketFrameError`: fired when WebSocket message error occurs.
    pub struct WebSocketFrameError<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// WebSocket error message.
        error_message: Text<'a> => "errorMessage",
    }

    /// `Network.webSocketClosed`: fired when WebSocket is closed.
    pub struct WebSocketClosed<'a> {
        /// Request identifier.
        request_id: Text<'a> => "requestId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }

    /// `Network.webTransportCreated`: fired upon WebTransport creation.
    pub struct WebTransportCreated<'a> {
        /// WebTransport identifier.
        transport_id: Text<'a> => "transportId",
        /// WebTransport request URL.
        url: Text<'a> => "url",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
        /// Request initiator.
        initiator: Initiator<'a> => "initiator",
    }

    /// `Network.webTransportConnectionEstablished`: fired when WebTransport handshake is finished.
    pub struct WebTransportConnectionEstablished<'a> {
        /// WebTransport identifier.
        transport_id: Text<'a> => "transportId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }

    /// `Network.webTransportClosed`: fired when WebTransport is disposed.
    pub struct WebTransportClosed<'a> {
        /// WebTransport identifier.
        transport_id: Text<'a> => "transportId",
        /// Seconds since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Number => "timestamp",
    }
}
