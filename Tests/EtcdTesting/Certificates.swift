// An authority and one certificate for servers and clients on loopback, made by openssl for one test.
import Etcd
import Foundation
import SystemPackage

struct Certificates {
    let files: MemberConfiguration.TLSFiles

    struct Failed: Error { let words: [String] }

    init(in folder: FilePath) throws {
        let path = { (name: String) in folder.appending(name).string }
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try Self.openssl(
            ["req", "-x509"] + curve + [
                "-days", "2", "-subj", "/CN=ledger", "-keyout", path("ca.key"), "-out", path("ca.pem"),
            ])
        try Self.openssl(["req"] + curve + ["-subj", "/CN=voter", "-keyout", path("key.pem"), "-out", path("request")])
        try "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n".write(
            toFile: path("extensions"), atomically: false, encoding: .utf8)
        try Self.openssl([
            "x509", "-req", "-in", path("request"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
            "-days", "2", "-extfile", path("extensions"), "-out", path("cert.pem"),
        ])
        files = MemberConfiguration.TLSFiles(
            certificate: folder.appending("cert.pem"), key: folder.appending("key.pem"),
            authorities: folder.appending("ca.pem"))
    }

    func read() throws -> EtcdTLS {
        let read = { (path: FilePath) in Array(try Data(contentsOf: URL(filePath: path.string))) }
        return EtcdTLS(
            authorities: try read(files.authorities), certificate: try read(files.certificate), key: try read(files.key)
        )
    }

    private static func openssl(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(words: words) }
    }
}
