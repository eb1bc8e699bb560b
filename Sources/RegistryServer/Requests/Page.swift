// A part of a long list: at most `n` names after the name `last` (distribution-spec, "Listing tags").

struct Page: Hashable, Sendable {
    let count: Int
    let last: String?

    /// Names in one answer, whatever `n` asks for (CVE-2023-2253).
    static let countMax = 1_000

    init(_ query: RequestQuery) throws(RegistryRefusal) {
        last = query["last"]
        guard let text = query["n"] else {
            count = Self.countMax
            return
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw RegistryRefusal(.pageInvalid, "n is a number of names, from 0 on")
        }
        count = min(Int(text) ?? Self.countMax, Self.countMax)
    }

    init(count: Int, last: String?) { (self.count, self.last) = (min(count, Self.countMax), last) }

    /// What any page after `last` can need of `names`, which are in order: the rest is not held while peers are asked.
    func window(of names: [String]) -> [String] {
        Array(ListPage.rest(of: names, after: last).prefix(Self.countMax + 1))
    }
}
