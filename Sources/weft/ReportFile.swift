// Writes the build report where the user asked for it.
import Foundation
import Projects
import Reports

enum ReportFile {
    static func write(_ records: [ImageRecord], to path: BuildReportPath) throws {
        let environment = ProcessInfo.processInfo.environment
        let bytes =
            switch path.format {
            case .json:
                BuildReport.json(
                    records, isInContainer: environment["WERF_CONTAINERIZED"] == "yes",
                    isByPlatform: environment["WERF_ENABLE_REPORT_BY_PLATFORM"] == "1")
            case .env: BuildReport.env(records)
            }
        let url = URL(fileURLWithPath: path.path)
        do {
            try Data(bytes).write(to: url, options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: url.path)
        } catch {
            throw UsageError("can't write the build report \(path.path): \(error.localizedDescription)")
        }
        if path.format == .env {
            for collision in BuildReport.collisions(records) { Failure.note("Warning: \(collision)") }
        }
    }
}

extension ProjectFlags {
    /// `--config-render-path`: keeps the rendered configuration for a look.
    func keepRendered(_ project: Projects.Project) throws {
        guard let configRenderPath else { return }
        try Data(project.rendered.utf8).write(to: URL(fileURLWithPath: configRenderPath))
    }
}
