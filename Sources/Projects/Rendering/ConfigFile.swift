// Reads files of a configuration as text, bounded; and turns whatever reading throws into an error that names the file.

enum ConfigFile {
    /// Bytes of one file.
    static let maximumBytes = 4 << 20
    /// Bytes of all files of one glob.
    static let maximumGlobBytes = 16 << 20

    /// nil when there is no such file.
    static func read(_ path: String, in files: any ProjectFiles) throws(ConfigError) -> String? {
        guard let bytes = try attempt(path, { try files.read(path) }) else { return nil }
        guard bytes.count <= maximumBytes else {
            throw ConfigError(file: path, problem: "the file is longer than \(maximumBytes) bytes.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigError(file: path, problem: "the file is not UTF-8 text.")
        }
        return text
    }

    static func list(_ folder: String, in files: any ProjectFiles) throws(ConfigError) -> [String] {
        try attempt(folder) { try files.list(under: folder) }
    }

    private static func attempt<Value>(_ path: String, _ body: () throws -> Value) throws(ConfigError) -> Value {
        do {
            return try body()
        } catch let error as ConfigError {
            throw error
        } catch {
            throw ConfigError(file: path, problem: "\(error)")
        }
    }
}
