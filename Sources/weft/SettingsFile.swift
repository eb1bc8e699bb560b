// Config files of nodes and clients on this host: found, read, and checked against the files that they name.
import Authority
import Foundation
import Settings
import SystemPackage

enum SettingsFile {
    /// `weft node --config FILE`
    static func node(_ path: String) throws -> NodeSettings {
        try NodeSettings.read(try text(path), from: source(path))
    }

    /// Of `--mesh FILE`, `$WEFT_MESH` or `~/.weft/mesh.yaml`; nil when nothing says that there is a mesh.
    static func client(
        option: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ClientSettings? {
        switch ClientSettingsPlace(option: option, environment: environment) {
        case .named(let path): return try ClientSettings.read(try text(path), from: source(path))
        case .usual(let path):
            guard let text = try CertificateFiles.readIfPresent(FilePath(path)) else { return nil }
            return try ClientSettings.read(text, from: source(path))
        case .nowhere: return nil
        }
    }

    private static func text(_ path: String) throws -> String { try CertificateFiles.read(FilePath(path)) }

    static func source(_ path: String) -> SettingsSource {
        let host = ProcessInfo.processInfo
        return SettingsSource(
            file: path, folder: FilePath(path).removingLastComponent().string, cores: host.activeProcessorCount,
            memory: Int(clamping: host.physicalMemory), exists: { FileManager.default.isReadableFile(atPath: $0) })
    }
}
