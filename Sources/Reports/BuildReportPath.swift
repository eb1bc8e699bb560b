// Where a build report goes, and in which form: its extension decides (werf.md 6.3).

package struct BuildReportPath: Equatable, Sendable {
    package enum Format: Sendable {
        case json
        case env
    }

    /// With its extension.
    package let path: String
    package let format: Format

    /// `.json` is appended to a name without an extension.
    package init(_ path: String) throws(BuildReportPathError) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard !name.isEmpty else { throw BuildReportPathError(path: path, found: nil) }
        // From the last dot on, be it the first character: so does Go's filepath.Ext.
        let found = name.lastIndex(of: ".").map { String(name[$0...]) }
        switch found {
        case nil:
            self.path = path + ".json"
            format = .json
        case ".json", ".env":
            self.path = path
            format = found == ".env" ? .env : .json
        default: throw BuildReportPathError(path: path, found: found)
        }
    }
}

package struct BuildReportPathError: Error, Equatable, CustomStringConvertible {
    let path: String
    /// The extension; nil when there isn't even a file name.
    let found: String?

    package var description: String {
        guard let found else {
            return "the path \"\(path)\" of the build report names no file: add one, like report.json"
        }
        return "the build report \"\(path)\" has the extension \"\(found)\": use .json or .env, or none for .json"
    }
}
