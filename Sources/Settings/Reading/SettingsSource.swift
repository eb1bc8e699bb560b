// What a reader knows of the world: the file's name and folder, and which files exist.

package struct SettingsSource: Sendable {
    /// As messages name it.
    package let file: String
    /// The folder that relative paths begin at.
    package let folder: String
    /// The host's, for defaults.
    package let cores: Int
    /// Bytes.
    package let memory: Int
    /// Whether a file can be opened.
    package let exists: @Sendable (String) -> Bool

    package init(
        file: String, folder: String, cores: Int, memory: Int, exists: @escaping @Sendable (String) -> Bool
    ) {
        self.file = file
        self.folder = folder
        self.cores = cores
        self.memory = memory
        self.exists = exists
    }

    func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let short = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return folder.isEmpty ? short : folder.hasSuffix("/") ? folder + short : folder + "/" + short
    }

    func error(_ node: SettingsNode, _ problem: String, _ hint: String? = nil) -> SettingsError {
        SettingsError(file: file, line: node.line, column: node.column, problem: problem, hint: hint)
    }
}
