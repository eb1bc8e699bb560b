// What the steps of a build may on this host: which network they get, and how much of the host.
package import Sandbox

package struct StepPolicy: Sendable {
    package enum Network: Sendable {
        /// The host's: for builds of the host's own user, and of classes that may.
        case host
        case none
        /// One of their own, behind a NAT.
        case own(NetworkPool)
    }

    package let network: Network
    package let limits: StepLimits

    package init(network: Network, limits: StepLimits) {
        self.network = network
        self.limits = limits
    }

    /// For whoever runs weft on the host itself.
    package static var owner: StepPolicy { StepPolicy(network: .host, limits: StepLimits()) }
}
