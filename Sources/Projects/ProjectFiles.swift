// What a configuration may read. Which commit or folder answers, and under which rules, is decided by who fulfils it.

/// Paths are relative to the project's root, with `/`, cleaned, without a leading slash.
/// A fulfiller throws when reading is forbidden (a file that is not committed, say): the thrown text is shown.
package protocol ProjectFiles {
    /// The file's bytes; nil when there is no such file.
    func read(_ path: String) throws -> [UInt8]?
    /// True for files and folders.
    func exists(_ path: String) throws -> Bool
    func isDirectory(_ path: String) throws -> Bool
    /// Files, not folders, that match a doublestar pattern; sorted. `PathPattern` does the matching.
    func glob(_ pattern: String) throws -> [String]
    /// All files under a folder, at any depth, as paths from the project's root; sorted. Empty when there is none.
    func list(under folder: String) throws -> [String]
}
