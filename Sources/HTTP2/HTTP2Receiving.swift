// What libnghttp2 tells a session, judged against its limits and made into events.
import CNghttp2
import HTTPTypes

extension HTTP2Session {
    /// Zero, or what makes libnghttp2 give up the session.
    typealias Verdict = Int32

    func exceeded(_ limit: String) -> Verdict {
        failure = failure ?? .limit(limit)
        return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }

    // MARK: Frames

    func frameBegins(type: UInt32, flags: UInt8, length: Int, stream: Int32) -> Verdict {
        switch type {
        case NGHTTP2_HEADERS.rawValue: return headBegins(length: length)
        case NGHTTP2_RST_STREAM.rawValue:
            return side == .client || resets.take(at: now) ? 0 : exceeded("resetsMax")
        case NGHTTP2_DATA.rawValue where length > 0, NGHTTP2_WINDOW_UPDATE.rawValue, NGHTTP2_GOAWAY.rawValue:
            return 0
        case NGHTTP2_DATA.rawValue where UInt32(flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0: return 0
        default: return controlFrames.take(at: now) ? 0 : exceeded("controlFramesMax")
        }
    }

    /// The frame's own length; CONTINUATIONs are not told of, but their fields are.
    private func headBegins(length: Int) -> Verdict {
        isInsideHead = true
        return length <= limits.headerBlockBytesMax ? 0 : exceeded("headerBlockBytesMax")
    }

    func frameArrived(type: UInt32, flags: UInt8, stream number: Int32, code: UInt32) -> Verdict {
        switch type {
        case NGHTTP2_SETTINGS.rawValue where UInt32(flags) & NGHTTP2_FLAG_ACK.rawValue == 0: tell(.ready)
        case NGHTTP2_GOAWAY.rawValue: tell(.goingAway(code: code))
        case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
            if type == NGHTTP2_HEADERS.rawValue { isInsideHead = false }
            let isEnd = UInt32(flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
            guard let stream = streams[number] else { return 0 }
            if type == NGHTTP2_HEADERS.rawValue { headArrived(stream, isEnd: isEnd) }
            if isEnd { inboundEnded(stream) }
        default: break
        }
        return 0
    }

    private func inboundEnded(_ stream: Stream) {
        guard !stream.isInboundEnded else { return }
        stream.isInboundEnded = true
        guard !stream.isDropped, stream.hasHead else { return }
        tell(.end(stream.id))
    }

    // MARK: Heads

    func headBegins(stream number: Int32, isRequest: Bool) {
        headBytes = 0
        if isRequest, side == .server { streams[number] = Stream(StreamID(number: number)) }
        guard let stream = streams[number], !stream.hasHead else { return }
        stream.incoming = HeadBuilder()
    }

    func fieldArrived(
        stream number: Int32, name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
    ) -> Verdict {
        headBytes += name.count + value.count + HeadBuilder.fieldOverheadBytes
        guard headBytes <= limits.headerBlockBytesMax else { return exceeded("headerBlockBytesMax") }
        guard let stream = streams[number], !stream.hasHead, !stream.isHeadTooLarge else { return 0 }
        if unsafe !stream.incoming.add(name: name, value: value, limits) { stream.isHeadTooLarge = true }
        return 0
    }

    private func headArrived(_ stream: Stream, isEnd: Bool) {
        guard !stream.hasHead, !stream.isDropped else { return }
        if stream.isHeadTooLarge { return refuseHead(stream, isEnd: isEnd) }
        switch side {
        case .server:
            guard let head = stream.incoming.request else { return reset(stream.id, .protocolError) }
            stream.hasHead = true
            tell(.request(stream.id, head, hasBody: !isEnd))
        case .client:
            guard !stream.incoming.isInformational else { return }
            guard let head = stream.incoming.response else { return reset(stream.id, .protocolError) }
            stream.hasHead = true
            tell(.response(stream.id, head, hasBody: !isEnd))
        }
        // The end of a head without a body is told by `hasBody`.
        if isEnd { stream.isInboundEnded = true }
    }

    /// 431 for a request; the rest of the stream is thrown away, and after the response so is the stream.
    private func refuseHead(_ stream: Stream, isEnd: Bool) {
        guard side == .server else { return reset(stream.id, .enhanceYourCalm) }
        let tooLarge = HTTPResponse(status: .requestHeaderFieldsTooLarge, headerFields: [.contentLength: "0"])
        try? respond(stream.id, tooLarge, hasBody: false)
        stream.isInboundEnded = isEnd
        stream.isDropped = true
    }

    // MARK: Bodies

    func dataArrived(stream number: Int32, bytes: UnsafeBufferPointer<UInt8>) {
        guard let stream = streams[number], !stream.isDropped else {
            return consumed(StreamID(number: number), bytes.count)
        }
        if gatheredStream != number { deliverGatheredData() }
        gatheredStream = number
        unsafe gatheredData.append(contentsOf: bytes)
    }

    func deliverGatheredData() {
        guard !gatheredData.isEmpty else { return }
        var piece: [UInt8] = []
        swap(&piece, &gatheredData)
        events.append(.data(StreamID(number: gatheredStream), piece))
    }

    func tell(_ event: HTTP2Event) {
        deliverGatheredData()
        events.append(event)
    }

    /// What a DATA frame of this stream may carry now: bytes, and whether they are the last. Nil: nothing yet.
    func nextData(stream number: Int32, atMost length: Int) -> (count: Int, isLast: Bool)? {
        guard let stream = streams[number], !stream.isDropped else { return nil }
        let count = min(length, stream.outbound.byteCount)
        guard count > 0 || stream.outbound.isFinished else {
            stream.isDeferred = true
            askForMore(stream)
            return nil
        }
        return (count, stream.outbound.isFinished && count == stream.outbound.byteCount)
    }

    /// Writes one DATA frame; false when `pump` has given enough for now.
    func sendData(stream number: Int32, header: UnsafeRawBufferPointer, count: Int) -> Bool? {
        guard pumped < pumpBudget else { return false }
        guard let stream = streams[number], stream.outbound.byteCount >= count else { return nil }
        emit(unsafe header.bytes)
        pumped += count
        stream.outbound.take(count) { stage.add($0, output: output) }
        if stream.outbound.byteCount < limits.bodyLowMark { askForMore(stream) }
        return true
    }

    func frameSent(type: UInt32, flags: UInt8, stream number: Int32) {
        guard type == NGHTTP2_HEADERS.rawValue || type == NGHTTP2_DATA.rawValue,
            UInt32(flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0,
            let stream = streams[number], !stream.isInboundEnded
        else { return }
        if stream.isHeadTooLarge {
            _ = unsafe nghttp2_submit_rst_stream(session, 0, number, HTTP2Code.noError.rawValue)
        } else if !stream.isDropped {
            tell(.sent(stream.id))
        }
    }

    private func askForMore(_ stream: Stream) {
        guard !stream.hasAskedForMore, !stream.outbound.isFinished, !stream.isDropped else { return }
        stream.hasAskedForMore = true
        tell(.wantsMore(stream.id))
    }

    func streamClosed(_ number: Int32, code: UInt32) -> Verdict {
        guard let stream = streams.removeValue(forKey: number) else { return 0 }
        tell(.closed(stream.id, failure(of: stream, code: code)))
        guard side == .server, code != HTTP2Code.noError.rawValue, !stream.isDropped else { return 0 }
        return resets.take(at: now) ? 0 : exceeded("resetsMax")
    }

    /// A body that was not ended by its sender is not whole, whatever the code says.
    private func failure(of stream: Stream, code: UInt32) -> StreamFailure? {
        if code == HTTP2Code.refusedStream.rawValue { return .refused }
        guard code == HTTP2Code.noError.rawValue, stream.isInboundEnded else { return .reset(code: code) }
        return nil
    }
}
