// Certificates for tests, made once per run by the openssl command in a folder that goes afterwards.
import Foundation
package import TLS

package struct TestCertificates: Sendable {
    package static let shared = TestCertificates()

    /// Of the openssl command's output, for clients that read files.
    package let folder: String

    private init() {
        folder = NSTemporaryDirectory() + "links-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = run("/bin/sh", ["-euc", Self.script], in: folder)
        precondition(made.status == 0, "openssl made no certificates: \(made.output)")
    }

    /// `mesh` signs node-1 (Ed25519), node-2 (P-256) and registry; `other` signs stranger.
    private static let script = """
        authority() {
            openssl req -x509 -newkey ed25519 -nodes -keyout $1.key -out $1.pem -days 30 -subj /CN=$1 \\
                -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
        }
        leaf() {
            openssl req -newkey $3 -nodes -keyout $1.key -subj /CN=$1 -out $1.csr
            printf "subjectAltName=$4\\nextendedKeyUsage=serverAuth,clientAuth\\n" > $1.ext
            openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days 10 -out $1.pem -extfile $1.ext
        }
        authority mesh
        authority other
        leaf node-1 mesh ed25519 DNS:node-1,IP:127.0.0.1
        leaf node-2 mesh "ec -pkeyopt ec_paramgen_curve:P-256" DNS:node-2,IP:127.0.0.1
        leaf registry mesh "ec -pkeyopt ec_paramgen_curve:P-256" DNS:localhost,IP:127.0.0.1
        leaf stranger other ed25519 DNS:stranger,IP:127.0.0.1
        """

    package func bytes(of file: String) -> [UInt8] {
        (try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + file))).map { [UInt8]($0) } ?? []
    }

    package func identity(_ name: String) -> TLSSettings.Identity {
        TLSSettings.Identity(certificates: bytes(of: "\(name).pem"), key: bytes(of: "\(name).key"))
    }

    package func authority(_ name: String) -> [UInt8] { bytes(of: "\(name).pem") }

    /// DER of a certificate's PEM.
    package func der(_ name: String) -> [UInt8] {
        let text = String(decoding: bytes(of: "\(name).pem"), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        return Data(base64Encoded: lines.joined()).map { [UInt8]($0) } ?? []
    }
}

package struct Outcome: Sendable {
    package let status: Int32
    package let output: String
}

/// Runs a command to its end, with both outputs in one.
package func run(_ command: String, _ arguments: [String], in folder: String = "/") -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { return Outcome(status: -1, output: "\(error)") }
    let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
}

/// The same from a task, without holding one of its threads.
package func runInBackground(_ command: String, _ arguments: [String]) async -> Outcome {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: run(command, arguments)) }
    }
}
