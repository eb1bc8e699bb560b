// "Did you mean …?": the known name that is closest to a mistyped one.

/// The name with the fewest edits, when they are few enough to be a slip; nil otherwise.
/// Names of more than 64 bytes are not compared.
package func nearestName(to name: String, among known: some Sequence<String>) -> String? {
    let maximumLength = 64
    let wanted = Array(name.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= maximumLength else { return nil }
    let limit = max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in known {
        let other = Array(candidate.lowercased().utf8)
        guard other.count <= maximumLength, abs(other.count - wanted.count) <= limit else { continue }
        let distance = editDistance(wanted, other)
        guard distance <= limit else { continue }
        if let best, (best.distance, best.name) <= (distance, candidate) { continue }
        best = (candidate, distance)
    }
    return best?.name
}

/// Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment).
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var cost = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
