using System.Text;
using Renci.SshNet.Messages.Connection;

namespace NixRemote.Adapters.Ssh;

/// <summary>A request on a channel (RFC 4254 §5.4): its name, whether an answer is wanted, and at most one string.</summary>
internal sealed class ChannelRequest : RequestInfo
{
    private readonly byte[]? _argument;

    private ChannelRequest(string name, bool wantReply, string? argument)
    {
        RequestName = name;
        WantReply = wantReply;
        _argument = argument is null ? null : Encoding.UTF8.GetBytes(argument);
    }

    /// <inheritdoc/>
    public override string RequestName { get; }

    /// <summary>Runs a command in the user's shell (RFC 4254 §6.5). Fields: boolean want reply, string command.</summary>
    public static ChannelRequest Exec(string command) => new("exec", wantReply: true, command);

    /// <summary>Sends a signal to the program (RFC 4254 §6.9). Fields: boolean want reply (false), string name without SIG.</summary>
    public static ChannelRequest Signal(string name) => new("signal", wantReply: false, name);

    /// <summary>Asks for any answer: no server knows the request, so that a live one says failure. Field: boolean want reply.</summary>
    public static ChannelRequest KeepAlive() => new("keepalive@openssh.com", wantReply: true, null);

    /// <inheritdoc/>
    protected override int BufferCapacity => base.BufferCapacity + (_argument is null ? 0 : 4 + _argument.Length);

    /// <inheritdoc/>
    protected override void SaveData()
    {
        base.SaveData();
        if (_argument is not null)
        {
            WriteBinaryString(_argument);
        }
    }
}
