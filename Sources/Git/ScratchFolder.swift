// A folder for a few files of one operation, only for this user.
import Glibc
import SystemPackage

// Safety: mkdtemp(3) gets a buffer of this call.

struct ScratchFolder {
    let path: FilePath

    init() throws {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
        var template = Array(((base.isEmpty ? "/tmp" : base) + "/weft-git-XXXXXX").utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw GitError.system(
                operation: "making a temporary folder", path: base.isEmpty ? "/tmp" : base,
                code: Errno(rawValue: errno))
        }
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Removes the files in it, and it; folders in it stay.
    func remove() {
        for name in ["index", "index.lock"] { unsafe unlink(path.appending(name).string) }
        unsafe rmdir(path.string)
    }
}
