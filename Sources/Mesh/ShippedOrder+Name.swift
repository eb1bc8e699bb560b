// Whether an order's step is what its digest says: found by the node that is to make it, from what it makes it of.
import Digests
import Naming
import Stages

extension ShippedOrder {
    /// Why the result can't be kept under the order's digest; nil when it can, or is not to be kept.
    ///
    /// Contexts count with the names that came with them: whoever writes their files checks these against the bytes.
    package var nameProblem: String? {
        guard order.isRemembered, let digest = order.digest else { return nil }
        guard let origins = order.origins else { return "the order does not say what its digest is made of" }
        do {
            let rule = try StepNames.rule(of: order.work, origins, files: name)
            var namer = Namer()
            guard case .named(_, let actual)? = namer.step(.added(order.stage, rule)).first else {
                return "the order's digest has words that are not known"
            }
            return actual == digest ? nil : "its digest is \(digest), and its inputs give \(actual)"
        } catch { return "\(error)" }
    }

    private struct MissingContext: Error, CustomStringConvertible {
        let patterns: [String]

        var description: String { "the order came without its context for \(patterns.joined(separator: " "))" }
    }

    private func name(of patterns: [String]) throws(MissingContext) -> String {
        guard let context = contexts.first(where: { $0.patterns == patterns }) else {
            throw MissingContext(patterns: patterns)
        }
        return context.name
    }
}
