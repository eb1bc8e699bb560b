// The known word that is most like an unknown one, and how messages repeat what a user wrote.

enum Suggestion {
    /// How many letters may differ; the same bound as BuildKit's.
    private static let distanceMax = 2

    /// The nearest of `options`, or nil if none is near or the word is one of them. Case doesn't count.
    static func nearest(to word: String, in options: [String]) -> String? {
        guard word.utf8.count <= DockerfileLimits.suggestionBytesMax else { return nil }
        let wanted = Array(word.lowercased().utf8)
        var best: (distance: Int, option: String)?
        for option in options {
            let distance = distance(wanted, Array(option.lowercased().utf8))
            if distance <= distanceMax, distance < best?.distance ?? .max { best = (distance, option) }
        }
        guard let best, best.distance > 0 else { return nil }
        return best.option
    }

    static func hint(for word: String, in options: [String], prefix: String = "") -> String? {
        nearest(to: word, in: options).map { "did you mean \(prefix)\($0)?" }
    }

    /// Levenshtein's distance, a row at a time.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}

/// The user's text in quotes, cut when long, with control characters made visible.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        guard result.utf8.count <= DockerfileLimits.quotedBytesMax else { return result + "…\"" }
        let isControl = scalar.value < 0x20 || scalar == "\u{7F}"
        result += isControl || scalar == "\"" || scalar == "\\" ? scalar.escaped(asASCII: false) : String(scalar)
    }
    return result + "\""
}
