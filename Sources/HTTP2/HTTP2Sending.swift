// What the owner of a session asks of it: heads, bodies, resets, credit, the end.
import CNghttp2
package import HTTPTypes

extension HTTP2Session {
    /// Begins a stream. Throws `closed` when the peer takes no more.
    package func request(_ head: HTTPRequest, hasBody: Bool) throws(HTTP2Failure) -> StreamID {
        guard canRequest else { throw .closed }
        let number = unsafe submit(FieldLines(head), hasBody: hasBody) { values, count, body in
            unsafe nghttp2_submit_request(session, nil, values, count, body, nil)
        }
        try check(number)
        let stream = Stream(StreamID(number: number))
        stream.outbound.isFinished = !hasBody
        streams[number] = stream
        return stream.id
    }

    package func respond(_ id: StreamID, _ head: HTTPResponse, hasBody: Bool) throws(HTTP2Failure) {
        guard let stream = streams[id.number], !stream.isDropped else { return }
        stream.outbound.isFinished = !hasBody
        try check(
            unsafe submit(FieldLines(head), hasBody: hasBody) { values, count, body in
                unsafe nghttp2_submit_response(session, id.number, values, count, body)
            })
    }

    private func submit(
        _ lines: consuming FieldLines, hasBody: Bool,
        _ submit: (UnsafePointer<nghttp2_nv>?, Int, UnsafePointer<nghttp2_data_provider>?) -> Int32
    ) -> Int32 {
        unsafe lines.withNameValues { values, count in
            guard hasBody else { return unsafe submit(values, count, nil) }
            return unsafe withUnsafePointer(to: bodyProvider) { unsafe submit(values, count, $0) }
        }
    }

    /// More of the body of a stream whose head said that it has one.
    package func send(_ id: StreamID, _ piece: [UInt8], isLast: Bool) {
        guard let stream = streams[id.number], !stream.isDropped, !stream.outbound.isFinished else { return }
        stream.outbound.append(piece)
        stream.outbound.isFinished = isLast
        stream.hasAskedForMore = false
        guard stream.isDeferred, isLast || !piece.isEmpty else { return }
        stream.isDeferred = false
        _ = unsafe nghttp2_session_resume_data(session, id.number)
    }

    /// Bytes of the body that wait to be sent.
    package func waitingBytes(of id: StreamID) -> Int { streams[id.number]?.outbound.byteCount ?? 0 }

    /// All of our side of the stream has been sent.
    package func isSent(_ id: StreamID) -> Bool {
        guard let stream = streams[id.number] else { return true }
        guard stream.outbound.isFinished, stream.outbound.byteCount == 0 else { return false }
        return unsafe nghttp2_session_get_stream_local_close(session, id.number) != 0
    }

    /// Ends the stream now. What waits of its body goes; `closed` still comes.
    package func reset(_ id: StreamID, _ code: HTTP2Code) {
        guard let stream = streams[id.number], !stream.isDropped else { return }
        stream.isDropped = true
        _ = unsafe nghttp2_submit_rst_stream(session, 0, id.number, code.rawValue)
    }

    /// The reader took `count` bytes of what `data` told: the peer may send as many more.
    package func consumed(_ id: StreamID, _ count: Int) {
        guard count > 0 else { return }
        _ = unsafe nghttp2_session_consume(session, id.number, count)
    }

    /// Asks the peer for a sign of life.
    package func ping() { _ = unsafe nghttp2_submit_ping(session, 0, nil) }

    /// The first half of a server's goodbye: no new streams, please. Those on their way are still taken.
    package func announceGoodbye() { _ = unsafe nghttp2_submit_shutdown_notice(session) }

    /// The second half: streams that have come are finished, later ones refused.
    package func sayGoodbye() {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
        _ = unsafe nghttp2_submit_goaway(session, 0, last, HTTP2Code.noError.rawValue, nil, 0)
    }

    /// Ends the session now: after the next `pump` it is over. Open streams get no event.
    package func terminate(_ code: HTTP2Code) {
        _ = unsafe nghttp2_session_terminate_session(session, code.rawValue)
    }
}
