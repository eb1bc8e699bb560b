// Which redirects are followed, and what goes along.
import Images
import NIOHTTP1

/// The rules, because registries redirect blobs to object stores, and attackers redirect clients (CVE-2020-15157):
/// - Authorization goes only to the origin (scheme, host, port) that it was made for; once dropped it stays dropped;
/// - from https never to http, so that what was asked in private isn't answered in public;
/// - only GET and HEAD follow every redirect; others only 307 and 308, which keep method and body.
struct Redirect {
    let request: Request

    /// Nil when `answer` isn't a redirect that can be followed.
    init?(of request: Request, answered answer: Answer, _ asked: Asked) throws(RegistryError) {
        let isReading = request.method == .GET || request.method == .HEAD
        guard [307, 308].contains(answer.status) || (isReading && [301, 302, 303].contains(answer.status)) else {
            return nil
        }
        guard let location = answer.header("location"), let target = request.address.resolving(location) else {
            throw RegistryError(
                .unusable, asked, status: answer.status, reason: "it redirects to no http or https address")
        }
        guard request.address.scheme == .http || target.scheme == .https || request.mayLeaveTLS else {
            throw RegistryError(
                .unusable, asked, status: answer.status,
                reason: "it redirects from https to plain http (\(PrintableText.escaped(target.description)))")
        }
        var next = request
        next.address = target
        if !target.isSameOrigin(as: request.address) { next.headers.remove(name: "Authorization") }
        self.request = next
    }
}
