using Renci.SshNet.Messages.Connection;

namespace NixRemote.Adapters.Ssh;

/// <summary>The kind of channel on which programs run (RFC 4254 §6.1); it has no fields of its own.</summary>
internal sealed class SessionOpenInfo : ChannelOpenInfo
{
    /// <inheritdoc/>
    public override string ChannelType => "session";
}
