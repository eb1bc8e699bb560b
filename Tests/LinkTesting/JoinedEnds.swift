// Two ends of a connection joined by memory, with as many bytes at a time as a test wants.

package protocol JoinedEnd: AnyObject {
    /// What it has to send, which it then has sent.
    func takeSent() -> [UInt8]
    func receive(_ bytes: [UInt8])
}

/// Moves bytes both ways until nobody has any; `size` says how many at a time.
package func exchange(_ client: some JoinedEnd, _ server: some JoinedEnd, size: () -> Int = { 100_000 }) {
    while true {
        let toServer = client.takeSent()
        let toClient = server.takeSent()
        guard !toServer.isEmpty || !toClient.isEmpty else { return }
        give(toServer, to: server, size)
        give(toClient, to: client, size)
    }
}

private func give(_ bytes: [UInt8], to end: some JoinedEnd, _ size: () -> Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = rest.prefix(max(1, size()))
        end.receive(Array(piece))
        rest = rest.dropFirst(piece.count)
    }
}
