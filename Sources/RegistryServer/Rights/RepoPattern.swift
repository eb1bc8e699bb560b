// Names of repos with `*` for any letters.

package struct RepoPattern: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// `*` stands for any letters, none and `/` among them. In a time that grows with the product of both lengths at most.
    package func matches(_ repo: RepoName) -> Bool {
        let (pattern, name) = (Array(text.utf8), Array(repo.text.utf8))
        var (place, letter) = (0, 0)
        // Where to go on when a try fails: one letter more for the last star.
        var retry: (place: Int, letter: Int)?
        while letter < name.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                retry = (place + 1, letter)
                place += 1
            } else if place < pattern.count, pattern[place] == name[letter] {
                (place, letter) = (place + 1, letter + 1)
            } else if let last = retry {
                retry = (last.place, last.letter + 1)
                (place, letter) = (last.place, last.letter + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
