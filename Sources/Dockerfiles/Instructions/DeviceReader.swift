// The options of one `--device` of RUN.

enum DeviceReader {
    /// The first option that is not a key is the name, whatever it looks like.
    static func device(_ text: String) throws(Fault) -> RunInstruction.Device {
        var device = RunInstruction.Device()
        for option in try MountOption.list(text) {
            switch (option.key, option.value) {
            case ("required", nil): device.isRequired = true
            case ("required", let value?):
                guard let flag = goBool(value) else {
                    throw Fault("invalid value \(quoted(value)) for required")
                }
                device.isRequired = flag
            case ("name", let value?):
                guard device.name.isEmpty else { throw Fault("the device's name is already \(quoted(device.name))") }
                device.name = value
            default:
                guard device.name.isEmpty else {
                    let hint = Suggestion.hint(for: option.key, in: ["name", "required"])
                    throw Fault("unexpected option \(quoted(option.text))", hint: hint)
                }
                device.name = option.text
            }
        }
        return device
    }
}
