// Names that a build knows without any ARG instruction.

package enum PredefinedArguments {
    /// May be given on the command line and reach RUN without being declared; they are in no image's history.
    package static let proxies: Set<String> = [
        "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy",
        "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
    ]

    /// Known in the global scope, so that `FROM --platform=$BUILDPLATFORM` works; a stage sees them after `ARG name`.
    package static let platforms: Set<String> = [
        "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT",
        "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT",
    ]

    /// Known like `platforms` in newer builders: versions of the operating systems, and the name of the target stage.
    package static let platformDetails: Set<String> = ["TARGETOSVERSION", "BUILDOSVERSION", "TARGETSTAGE"]
}
