// Which kinds of manifests a caller can read: the header `Accept` (RFC 9110 12.5.1), without its order of wishes.
import Images

struct AcceptedTypes: Sendable {
    private var names: Set<String> = []

    /// Types that are looked at; the rest is not.
    private static let typesMax = 64

    /// `headers`: every `Accept` that came.
    init(_ headers: [String]) {
        let types = headers.flatMap { $0.split(separator: ",") }.prefix(Self.typesMax)
        for type in types {
            let parts = type.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = parts.first, !parts.dropFirst().contains(where: Self.isNever) else { continue }
            names.insert(name)
        }
    }

    private static func isNever(_ parameter: String) -> Bool {
        parameter.hasPrefix("q=0") && parameter.dropFirst(3).allSatisfy { $0 == "." || $0 == "0" }
    }

    /// Who names nothing takes everything.
    func contains(_ type: MediaType) -> Bool {
        names.isEmpty || names.contains(type.name) || names.contains("*/*") || names.contains("application/*")
    }
}
