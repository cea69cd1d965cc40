using System.Text;
using NixRemote.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// What a server says before anything is encrypted: its first line and the algorithms that it offers (RFC 4253 §4.2 and §7.1).
/// Read along from the bytes that pass, so that a failure can name what SSH.NET does not tell.
/// </summary>
internal sealed class ServerHello
{
    private const byte KeyExchangeInit = 20;
    private const int CookieLength = 16;
    private const int ListCount = 8;

    private readonly object _lock = new();
    private byte[] _bytes = [];
    private bool _isComplete;

    /// <summary>The first line, or the identification if other lines came before it; empty if nothing has come.</summary>
    public string FirstLine { get; private set; } = "";

    /// <summary>
    /// The lists of SSH_MSG_KEXINIT in their order: key exchange, host key, ciphers up and down, MACs up and down, compression up
    /// and down. Null if it has not come.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>>? Algorithms { get; private set; }

    /// <summary>Takes bytes as they come; those that are not needed any more cost nothing.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Volatile.Read(ref _isComplete))
        {
            return;
        }

        lock (_lock)
        {
            if (_bytes.Length + bytes.Length > SshLimits.MaxHelloBytes)
            {
                bytes = bytes[..Math.Max(0, SshLimits.MaxHelloBytes - _bytes.Length)];
                Volatile.Write(ref _isComplete, true);
            }

            _bytes = [.. _bytes, .. bytes];
            Read();
        }
    }

    private void Read()
    {
        var at = 0;
        var isIdentified = false;
        while (!isIdentified)
        {
            var end = _bytes.AsSpan(at).IndexOf((byte)'\n');
            var line = StandardErrorLog.StripControlSequences(Encoding.UTF8.GetString(end < 0 ? _bytes.AsSpan(at) : _bytes.AsSpan(at, end)).TrimEnd('\r'));
            isIdentified = line.StartsWith("SSH-", StringComparison.Ordinal);
            FirstLine = at == 0 || isIdentified ? line : FirstLine;
            if (end < 0)
            {
                return;
            }

            at += end + 1;
        }

        // uint32 length, byte padding length, byte 20, 16 bytes cookie, then ten name-lists, of which the last two are of languages.
        var packet = _bytes.AsSpan(at);
        var position = 0;
        if (!SshBlob.TryReadUInt32(packet, ref position, out var length) || length > packet.Length - position
            || length < 2 + CookieLength || packet[position + 1] != KeyExchangeInit)
        {
            return;
        }

        position += 2 + CookieLength;
        var lists = new List<IReadOnlyList<string>>();
        while (lists.Count < ListCount && SshBlob.TryReadString(packet, ref position, out var names))
        {
            lists.Add(Encoding.ASCII.GetString(names).Split(',', StringSplitOptions.RemoveEmptyEntries));
        }

        Algorithms = lists.Count == ListCount ? lists : null;
        Volatile.Write(ref _isComplete, true);
    }
}
