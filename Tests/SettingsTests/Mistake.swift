// Config texts with a mistake, and the whole message that each gets.
import Foundation
import Settings
import Testing

struct Mistake: CustomTestStringConvertible, Sendable {
    let text: String
    let message: String
    var testDescription: String { text }

    /// Files that exist for the tests.
    static let files: Set = [
        "/etc/weft/a.pem", "/etc/weft/a.key", "/etc/weft/authority.pem", "/etc/weft/denied", "/etc/weft/users",
    ]

    static let source = SettingsSource(
        file: "node.yaml", folder: "/etc/weft", cores: 4, memory: 10 << 30, exists: { files.contains($0) })

    private static let mark = ">>> "

    /// Of a file in `Inputs`: lines of a text, then a line with the message.
    static func all(_ name: String) -> [Mistake] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Inputs")
        guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else { return [] }
        var mistakes: [Mistake] = []
        var text = ""
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(mark) {
                mistakes.append(Mistake(text: text, message: String(line.dropFirst(mark.count))))
                text = ""
            } else {
                text += line + "\n"
            }
        }
        return mistakes
    }

    static func message(_ read: () throws -> Void) -> String {
        do {
            try read()
            return "it was read"
        } catch { return "\(error)" }
    }
}
