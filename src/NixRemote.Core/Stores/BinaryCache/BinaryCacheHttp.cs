using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace NixRemote.Stores.BinaryCache;

/// <summary>
/// A binary cache over HTTP. What is tried again: a connection that cannot be made or breaks, and the answers 408, 429,
/// 500, 502, 503 and 504, each a few times with growing pauses; a broken download goes on where it broke. All else fails
/// at once.
/// </summary>
internal sealed class BinaryCacheHttp : IBinaryCacheFiles
{
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(15);

    private const string NeedsLogin = "Write the login for that host, machine HOST login NAME password SECRET, to the file that netrc-file of nix.conf names (/etc/nix/netrc), and see that you may read it.";

    private readonly HttpClient _client;
    private readonly Uri _base;
    private readonly string _name;
    private readonly TimeProvider _time;

    /// <summary>Uses an address; nothing is connected yet.</summary>
    /// <param name="address">The address of the cache, with or without a slash at its end.</param>
    /// <param name="name">The store as the user wrote it, but for a password.</param>
    /// <param name="connectTimeout">How long a connection may take; null: 15 s.</param>
    /// <param name="time">Waits between attempts.</param>
    /// <param name="logins">The logins of hosts, which count unless the address has one; null: none.</param>
    public BinaryCacheHttp(Uri address, string name, TimeSpan? connectTimeout, TimeProvider time, NetrcFile? logins = null)
    {
        _base = new Uri(new UriBuilder(address) { UserName = "", Password = "" }.Uri.AbsoluteUri.TrimEnd('/') + "/");
        _name = name;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = connectTimeout ?? _connectTimeout,
            MaxConnectionsPerServer = BinaryCacheLimits.HttpRequests,
            AutomaticDecompression = DecompressionMethods.All,
            EnableMultipleHttp2Connections = true,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if ((LoginOf(address) ?? logins?.Find(address.Host)) is { } login)
        {
            // Goes to this host only: the framework drops it where an answer sends us elsewhere.
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.Login}:{login.Password}")));
        }

        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("NixRemote", typeof(BinaryCacheHttp).Assembly.GetName().Version!.ToString(3)));
    }

    /// <inheritdoc/>
    public int Requests => BinaryCacheLimits.HttpRequests;

    /// <inheritdoc/>
    public int ArchivesAhead => BinaryCacheLimits.HttpArchivesAhead;

    /// <inheritdoc/>
    public bool IsInfoRequired => true;

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Head, AddressOf(name)), cancellationToken).ConfigureAwait(false);
        return response is not null;
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadAsync(string name, int limit, CancellationToken cancellationToken)
    {
        // Compressed on the way if the server likes.
        var stream = await OpenAsync(name, resumable: false, cancellationToken).ConfigureAwait(false);
        if (stream is null)
        {
            return null;
        }

        await using (stream.ConfigureAwait(false))
        {
            using var content = new MemoryStream();
            var buffer = new byte[16 << 10];
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
            {
                content.Write(buffer, 0, count);
                if (content.Length > limit)
                {
                    throw new NixRemoteException(NixErrors.LimitExceeded, $"'{AddressOf(name)}' has more than {limit} bytes, which is what such a file may have.")
                    {
                        Builder = _name,
                        Target = AddressOf(name).ToString(),
                    };
                }
            }

            return content.ToArray();
        }
    }

    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken) =>
        await OpenAsync(name, resumable: true, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Asks for the rest of a file.</summary>
    /// <param name="address">The file.</param>
    /// <param name="offset">The first byte that is wanted.</param>
    /// <param name="validator">What the file must still be; null: not known.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The answer, from the offset or from the start; null if the file is not there.</returns>
    internal Task<HttpResponseMessage?> SendAsync(Uri address, long offset, EntityTagHeaderValue? validator, CancellationToken cancellationToken) =>
        SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            if (offset > 0)
            {
                request.Headers.Range = new RangeHeaderValue(offset, null);
                request.Headers.IfRange = validator is { IsWeak: false } ? new RangeConditionHeaderValue(validator) : null;
            }

            return request;
        }, cancellationToken);

    /// <summary>Pauses before an attempt after the first.</summary>
    internal Task PauseAsync(int attempt, TimeSpan? asked, CancellationToken cancellationToken)
    {
        var pause = asked ?? BinaryCacheLimits.FirstPause * Math.Pow(2, attempt - 1);
        return Task.Delay(pause < BinaryCacheLimits.LongestPause ? pause : BinaryCacheLimits.LongestPause, _time, cancellationToken);
    }

    /// <summary>Whether a failure is one that another attempt may not meet.</summary>
    internal static bool IsPassing(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError } => true,
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError } => true,
        IOException { InnerException: SocketException } => true,
        TimeoutException => true,
        _ => false,
    };

    /// <summary>The failure of a file.</summary>
    internal NixRemoteException Failed(Uri? address, string reason, Exception? inner = null) =>
        new(inner is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } ? NixErrors.HostNotFound : NixErrors.HttpFailed,
            $"'{address}' cannot be had: {reason.TrimEnd('.')}.", inner)
        {
            Builder = _name,
            Target = address?.ToString(),
        };

    // http://NAME:SECRET@HOST
    private static (string Login, string Password)? LoginOf(Uri address) =>
        address.UserInfo.Length == 0 ? null
        : address.UserInfo.Split(':', 2) is [var login, var password] ? (Uri.UnescapeDataString(login), Uri.UnescapeDataString(password))
        : (Uri.UnescapeDataString(address.UserInfo), "");

    private Uri AddressOf(string name) => new(_base, name);

    private async Task<Stream?> OpenAsync(string name, bool resumable, CancellationToken cancellationToken)
    {
        var address = AddressOf(name);
        var response = resumable
            ? await SendAsync(address, 0, null, cancellationToken).ConfigureAwait(false)
            : await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, address), cancellationToken).ConfigureAwait(false);
        return response is null ? null : await HttpDownloadStream.BeginAsync(this, address, response, _time, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage?> SendAsync(Func<HttpRequestMessage> makeRequest, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = makeRequest();
            TimeSpan? asked = null;
            try
            {
                var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    // Caches over object stores say 403 of what they do not have.
                    if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden)
                    {
                        return null;
                    }

                    if (attempt == BinaryCacheLimits.HttpAttempts || !IsPassing(response.StatusCode))
                    {
                        var failure = Failed(request.RequestUri, $"the server answered {(int)response.StatusCode} {response.ReasonPhrase}");
                        failure.RecommendedAction = response.StatusCode == HttpStatusCode.Unauthorized ? NeedsLogin : failure.RecommendedAction;
                        throw failure;
                    }

                    asked = response.Headers.RetryAfter?.Delta;
                }
            }
            catch (HttpRequestException exception)
            {
                if (attempt == BinaryCacheLimits.HttpAttempts || !IsPassing(exception))
                {
                    throw Failed(request.RequestUri, exception.InnerException is SocketException socket ? socket.Message : exception.Message, exception);
                }
            }

            await PauseAsync(attempt, asked, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
