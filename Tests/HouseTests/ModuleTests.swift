// Which module may use what: the direction values ← machines ← Mesh ← world ← weft, and the borders to the outside.
import Foundation
import Testing

@Suite struct `Modules` {
    /// What comes with the toolchain; Foundation has a list of its own.
    static let toolchain: Set = [
        "Dispatch", "Distributed", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Testing",
    ]

    static let values: Set = [
        "Digests", "Images", "Dockerfiles", "Templates", "Projects", "Stages", "Reports", "Settings",
    ]
    static let machines: Set = ["Naming", "Planning", "Scheduling", "Membership", "Availability", "Cleaning"]

    /// Where Foundation is used, and for what.
    static let foundation: [String: String] = [
        "Etcd/EtcdClient+Maintenance.swift": "Data of base64",
        "Etcd/EtcdWatch.swift": "Data of base64",
        "Etcd/RequestText.swift": "base64",
        "Etcd/WrittenAnswers.swift": "JSONDecoder",
        "Images/DocumentDecoding.swift": "JSONDecoder",
        "Registry/CredentialHelper.swift": "JSONDecoder",
        "Registry/DockerCredentials.swift": "JSONDecoder, base64",
        "Registry/Refusal.swift": "JSONDecoder",
        "Registry/RegistryClient+Referrers.swift": "JSONDecoder",
        "Registry/RegistryClient+Tags.swift": "JSONDecoder",
        "Registry/TokenService.swift": "JSONDecoder",
        "Building/BlockingThreads.swift": "Thread",
        "Authority/CertificateTime.swift": "Date",
        "RegistryServer/Answers/AnswerDocuments.swift": "JSONEncoder",
        "RegistryServer/Contents/ManifestLinks.swift": "JSONDecoder",
        "RegistryServer/Rights/Credentials.swift": "base64",
    ]

    @Test func `are all in the table of Package.swift`() {
        let named = Set(ModuleTable.rows.map(\.name))
        #expect(named.count > 10, "the table was not read")
        let folders = Set((SourceTree.sources + SourceTree.tests).filter(\.isSwift).map(\.module))
        // The fuzzer is there only for those who ask for it.
        let missing = folders.subtracting(named).filter { !$0.hasPrefix("Conformance") && $0 != "Fuzzing" }.sorted()
        #expect(missing == [])
    }

    @Test func `import what their row says, all of it and nothing else`() {
        for row in ModuleTable.rows where !row.isTest && row.name != "CLinux" {
            let files = (SourceTree.sources + SourceTree.tests).filter { $0.module == row.name && $0.isSwift }
            for file in files {
                let undeclared = Set(file.imports).subtracting(row.uses).subtracting(Self.toolchain)
                #expect(undeclared.isEmpty, "\(file) imports \(undeclared.sorted())")
            }
            let unused = row.uses.subtracting(files.flatMap(\.imports))
            #expect(unused.isEmpty || files.isEmpty, "\(row.name) does not import \(unused.sorted())")
        }
    }

    @Test func `use only modules above them`() {
        let order = ModuleTable.rows.filter { !$0.isTest }.map(\.name)
        for row in ModuleTable.rows where !row.isTest {
            let place = order.firstIndex(of: row.name) ?? 0
            let below = row.uses.intersection(order.dropFirst(place))
            #expect(below.isEmpty, "\(row.name) uses \(below.sorted()), which come later")
        }
    }

    @Test func `of tests import what their row says`() {
        for row in ModuleTable.rows where row.isTest {
            for file in SourceTree.tests.filter({ $0.module == row.name && $0.isSwift }) {
                let undeclared = Set(file.imports).subtracting(row.uses).subtracting(Self.toolchain)
                #expect(undeclared.isEmpty, "\(file) imports \(undeclared.sorted())")
            }
        }
    }

    @Test func `keep libraries behind one door`() {
        let doors: [String: Set<String>] = [
            "CKeccak": ["Digests"], "COpenSSL": ["Digests", "TLS"], "CArchive": ["Layers"], "CISAL": ["Layers"],
            "CNghttp2": ["HTTP2"], "Yams": ["Projects", "Settings"], "ArgumentParser": ["weft"],
            "AsyncHTTPClient": ["Etcd", "Registry"],
            "NIOCore": ["Etcd", "Registry", "Transport"], "NIOHTTP1": ["Etcd", "Registry", "Transport"],
            "NIOSSL": ["Etcd", "Registry", "Transport"], "NIOPosix": ["Transport"], "NIOHTTP2": ["Transport"],
            "X509": ["Authority"], "Crypto": ["Authority"], "SwiftASN1": ["Authority"],
        ]
        for file in SourceTree.sources where file.isSwift {
            for name in file.imports {
                guard let allowed = doors[name] else { continue }
                #expect(allowed.contains(file.module), "\(file) imports \(name)")
            }
        }
    }

    @Test func `use Foundation only where it is listed`() {
        let users = SourceTree.sources.filter {
            !$0.imports.filter { $0.hasPrefix("Foundation") }.isEmpty && $0.module != "weft"
        }
        .map { $0.path.replacingOccurrences(of: "Sources/", with: "") }
        #expect(Set(users).subtracting(Self.foundation.keys).sorted() == [])
        #expect(Set(Self.foundation.keys).subtracting(users).sorted() == [], "listed and not used")
    }

    @Test func `have no type of their own name`() {
        for file in SourceTree.sources where file.isSwift {
            for (number, text) in file.code {
                let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                for (kind, name) in zip(words, words.dropFirst()) {
                    let isType = ["struct", "class", "enum", "actor", "protocol"].contains(kind)
                    #expect(!(isType && name == file.module), "\(file):\(number): \(name)")
                }
            }
        }
    }
}
