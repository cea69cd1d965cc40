using System.Security.Cryptography;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Compression;
using Renci.SshNet.Messages.Transport;
using Renci.SshNet.Security;
using Renci.SshNet.Security.Cryptography;

namespace NixRemote.Adapters.Ssh;

/// <summary>A key exchange of SSH.NET that also tells when it begins, on which session.</summary>
internal sealed class KeyExchangeTap(IKeyExchange exchange, Action<Session, KeyExchangeInitMessage> started) : IKeyExchange
{
    /// <inheritdoc/>
    public event EventHandler<HostKeyEventArgs>? HostKeyReceived
    {
        add => exchange.HostKeyReceived += value;
        remove => exchange.HostKeyReceived -= value;
    }

    /// <inheritdoc/>
    public string Name => exchange.Name;

    /// <inheritdoc/>
    public byte[] ExchangeHash => exchange.ExchangeHash;

    /// <inheritdoc/>
    public void Start(Session session, KeyExchangeInitMessage message, bool sendClientInitMessage)
    {
        exchange.Start(session, message, sendClientInitMessage);
        started(session, message);
    }

    /// <inheritdoc/>
    public void Finish() => exchange.Finish();

    /// <inheritdoc/>
    public Cipher CreateClientCipher(out bool isAead) => exchange.CreateClientCipher(out isAead);

    /// <inheritdoc/>
    public Cipher CreateServerCipher(out bool isAead) => exchange.CreateServerCipher(out isAead);

    /// <inheritdoc/>
    public HashAlgorithm CreateServerHash(out bool isEncryptThenMAC) => exchange.CreateServerHash(out isEncryptThenMAC);

    /// <inheritdoc/>
    public HashAlgorithm CreateClientHash(out bool isEncryptThenMAC) => exchange.CreateClientHash(out isEncryptThenMAC);

    /// <inheritdoc/>
    public Compressor CreateCompressor() => exchange.CreateCompressor();

    /// <inheritdoc/>
    public Compressor CreateDecompressor() => exchange.CreateDecompressor();

    /// <inheritdoc/>
    public void Dispose() => exchange.Dispose();
}
