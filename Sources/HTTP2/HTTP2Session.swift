// One HTTP/2 connection as a byte machine over libnghttp2: bytes in, events out, and back. No sockets, no clock of its own.
import CNghttp2

/// Confined to one thread or event loop. Events gather in the order in which things happened: take them after every call
/// of `receive` and `pump`. After a throw of these two nothing more can be received; `terminate` and `pump` still send.
@safe package final class HTTP2Session {
    package enum Side: Sendable { case client, server }

    final class Stream {
        let id: StreamID
        var incoming = HeadBuilder()
        var isHeadTooLarge = false
        /// A final head was delivered; what comes after is a trailer.
        var hasHead = false
        var isInboundEnded = false
        /// Ended by our side: no reason to count it against the peer, nor to tell of more data.
        var isDropped = false
        var outbound = OutboundQueue()
        var hasAskedForMore = false
        var isDeferred = false

        init(_ id: StreamID) { self.id = id }
    }

    let side: Side
    let limits: HTTP2Limits
    let output: (RawSpan) -> Void
    var session: OpaquePointer?
    var streams: [Int32: Stream] = [:]
    var stage = RecordStage()
    var events: [HTTP2Event] = []
    var now = Duration.zero
    var failure: HTTP2Failure?
    var resets: TokenBucket
    var controlFrames: TokenBucket
    /// A head has begun and not ended.
    package internal(set) var isInsideHead = false
    /// Decoded bytes of the head that is coming in, trailers too.
    var headBytes = 0
    /// Of the stream whose bytes are in `gatheredData`.
    var gatheredStream: Int32 = 0
    var gatheredData: [UInt8] = []
    /// Bytes given to `output` in the current `pump`, and how many it may.
    var pumped = 0
    var pumpBudget = 0
    /// Time when a frame of the peer's last came.
    package private(set) var heardAt = Duration.zero

    package init(_ side: Side, limits: HTTP2Limits, output: @escaping (RawSpan) -> Void) throws(HTTP2Failure) {
        self.side = side
        self.limits = limits
        self.output = output
        resets = TokenBucket(capacity: limits.resetsMax, perSecond: limits.resetsPerSecond)
        controlFrames = TokenBucket(capacity: limits.controlFramesMax, perSecond: limits.controlFramesPerSecond)
        unsafe session = nil
        try open()
    }

    deinit { unsafe nghttp2_session_del(session) }

    private func open() throws(HTTP2Failure) {
        let options = SessionOptions(limits)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let callbacks = unsafe SessionCallbacks.shared.pointer
        let made =
            unsafe side == .server
            ? nghttp2_session_server_new2(&session, callbacks, context, options.pointer)
            : nghttp2_session_client_new2(&session, callbacks, context, options.pointer)
        try check(made)
        try submitSettings()
        try check(unsafe nghttp2_session_set_local_window_size(session, 0, 0, limits.connectionWindowBytes))
    }

    private func submitSettings() throws(HTTP2Failure) {
        var settings: [(nghttp2_settings_id, UInt32)] = [
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindowBytes),
            (NGHTTP2_SETTINGS_MAX_FRAME_SIZE, limits.receivedFrameBytesMax),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(clamping: limits.headerBytesMax)),
            (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, side == .server ? limits.streamsMax : 0),
        ]
        if side == .client { settings.append((NGHTTP2_SETTINGS_ENABLE_PUSH, 0)) }
        let entries = settings.map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
        try check(unsafe nghttp2_submit_settings(session, 0, entries, entries.count))
    }

    func check(_ result: Int32) throws(HTTP2Failure) {
        guard result < 0 else { return }
        if result == NGHTTP2_ERR_FLOODED.rawValue { throw .limit("waitingAcknowledgementsMax") }
        throw failure ?? .broken(unsafe String(cString: nghttp2_strerror(result)))
    }

    // MARK: Bytes

    /// Takes all of `bytes`. Everything that arrived of one stream in a row is one event of data.
    /// - Parameter now: time since any moment that stays the same; for the limits that are per second.
    package func receive(_ bytes: RawSpan, at now: Duration) throws(HTTP2Failure) {
        self.now = now
        heardAt = now
        let taken = unsafe bytes.withUnsafeBytes {
            unsafe nghttp2_session_mem_recv(session, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
        }
        if let failure { throw failure }
        try check(Int32(clamping: taken))
    }

    /// Gives what is to be sent to `output`, about `budget` bytes at most. True when there is more.
    package func pump(atMost budget: Int) throws(HTTP2Failure) -> Bool {
        pumped = 0
        pumpBudget = budget
        defer { stage.flush(output: output) }
        while pumped < budget {
            var frame: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(session, &frame)
            guard count > 0, let frame = unsafe frame else {
                try check(Int32(clamping: count))
                return pumped >= budget
            }
            emit(unsafe UnsafeRawBufferPointer(start: frame, count: count).bytes)
        }
        return true
    }

    func emit(_ bytes: RawSpan) {
        pumped += bytes.byteCount
        stage.add(bytes, output: output)
    }

    package func takeEvents() -> [HTTP2Event] {
        deliverGatheredData()
        var taken: [HTTP2Event] = []
        swap(&taken, &events)
        return taken
    }

    package var hasEvents: Bool { !events.isEmpty || !gatheredData.isEmpty }

    // MARK: State

    /// Neither reads nor writes any more: the connection can be closed.
    package var isOver: Bool {
        unsafe nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }
    package var wantsToWrite: Bool { unsafe nghttp2_session_want_write(session) != 0 }
    /// A client may begin a stream.
    package var canRequest: Bool { unsafe nghttp2_session_check_request_allowed(session) != 0 }
    package var streamCount: Int { streams.count }
}
