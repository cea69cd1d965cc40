using Renci.SshNet.Messages.Connection;

namespace NixRemote.Adapters.Ssh;

/// <summary>The kind of channel that is a connection from the server to another one (RFC 4254 §7.2).</summary>
/// <param name="host">Whom to connect to.</param>
/// <param name="port">The port there.</param>
internal sealed class ForwardOpenInfo(string host, uint port) : ChannelOpenInfo
{
    private readonly byte[] _host = System.Text.Encoding.UTF8.GetBytes(host);
    private readonly byte[] _from = "127.0.0.1"u8.ToArray();

    /// <inheritdoc/>
    public override string ChannelType => "direct-tcpip";

    /// <inheritdoc/>
    protected override int BufferCapacity => base.BufferCapacity + 4 + _host.Length + 4 + 4 + _from.Length + 4;

    /// <summary>Fields: string host to connect to, uint32 its port, string address that the connection came from, uint32 its port.</summary>
    protected override void SaveData()
    {
        base.SaveData();
        WriteBinaryString(_host);
        Write(port);
        WriteBinaryString(_from);
        Write(0u);
    }
}
