// `.Files` of a template: Get, Glob, Exists, IsDir.
import Templates

struct TemplateFiles: TemplateObject {
    let files: any ProjectFiles

    var members: [String] { ["Exists", "Get", "Glob", "IsDir"] }

    func call(_ member: String, _ arguments: [TemplateValue]) throws(FunctionFailure) -> TemplateValue? {
        guard members.contains(member) else { return nil }
        guard arguments.count == 1, case .string(let argument) = arguments[0] else {
            throw FunctionFailure("one path is expected, as a string.")
        }
        if member == "Glob" { return try glob(argument) }
        guard let path = RelativePath.clean(argument) else {
            throw FunctionFailure("the path \(argument) leaves the project.")
        }
        do {
            switch member {
            case "Exists": return .bool(try files.exists(path))
            case "IsDir": return .bool(try files.isDirectory(path))
            default:
                guard let text = try ConfigFile.read(path, in: files) else {
                    throw FunctionFailure("the file \(argument) does not exist.")
                }
                return .string(text)
            }
        } catch let failure as FunctionFailure {
            throw failure
        } catch {
            throw FunctionFailure("\(error)")
        }
    }

    /// A map from path to content; empty without a match, as in werf.
    private func glob(_ pattern: String) throws(FunctionFailure) -> TemplateValue {
        var entries: [String: TemplateValue] = [:]
        var size = 0
        do {
            for path in try files.glob(pattern) {
                guard let text = try ConfigFile.read(path, in: files) else { continue }
                size += text.utf8.count
                guard size <= ConfigFile.maximumGlobBytes else {
                    throw FunctionFailure(
                        "the files of \(pattern) hold more than \(ConfigFile.maximumGlobBytes) bytes.")
                }
                entries[path] = .string(text)
            }
        } catch let failure as FunctionFailure {
            throw failure
        } catch {
            throw FunctionFailure("\(error)")
        }
        return .map(of: entries)
    }
}
