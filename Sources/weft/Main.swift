// The first line of the program: what must happen while there is one thread, then the command.
import ArgumentParser
import Glibc
import Sandbox

@main
enum Main {
    static func main() async {
        // Names in archives depend on it (libarchive); never the user's own locale.
        unsafe setlocale(LC_CTYPE, "C.UTF-8")
        let arguments = Array(CommandLine.arguments.dropFirst())
        if Self.mounts(arguments) {
            do {
                try HostMounts.enterOwn()
            } catch {
                Failure.print("\(error)")
                exit(1)
            }
        }
        await Weft.run(arguments)
    }

    /// Commands that run stages take a mount namespace of their own, so that no mount outlives them.
    private static func mounts(_ arguments: [String]) -> Bool {
        guard let command = arguments.first, ["build", "run", "export", "node"].contains(command) else { return false }
        return !arguments.contains { ["--help", "-h", "--version"].contains($0) }
    }
}
