using System.Net;
using System.Net.Http.Headers;
using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>The body of an answer. Where it breaks, the rest is asked for; whether that is the same file is for the reader to check
/// by its hash.</summary>
internal sealed class HttpDownloadStream : AsyncReadStream
{
    private readonly BinaryCacheHttp _cache;
    private readonly Uri _address;
    private readonly EntityTagHeaderValue? _validator;
    private readonly TimeProvider _time;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _read;
    private int _attempt = 1;

    private HttpDownloadStream(BinaryCacheHttp cache, Uri address, EntityTagHeaderValue? validator, TimeProvider time)
    {
        _cache = cache;
        _address = address;
        _validator = validator;
        _time = time;
    }

    /// <summary>Begins with an answer, which is owned from here on.</summary>
    public static async Task<HttpDownloadStream> BeginAsync(
        BinaryCacheHttp cache, Uri address, HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var stream = new HttpDownloadStream(cache, address, response.Headers.ETag, time) { _response = response };
        stream._body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return stream;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                _body ??= await ResumeAsync(cancellationToken).ConfigureAwait(false);
                var reading = _body.ReadAsync(buffer, cancellationToken);
                var count = reading.IsCompleted
                    ? await reading.ConfigureAwait(false)
                    : await reading.AsTask().WaitAsync(BinaryCacheLimits.Stall, _time, cancellationToken).ConfigureAwait(false);
                _read += count;
                _attempt = count > 0 ? 1 : _attempt;
                return count;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException)
            {
                Drop();
                if (_attempt == BinaryCacheLimits.HttpAttempts || !BinaryCacheHttp.IsPassing(exception))
                {
                    throw _cache.Failed(_address, $"the download broke after {_read} bytes: {exception.Message}", exception);
                }
            }

            await _cache.PauseAsync(_attempt++, null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Drop();
        }

        base.Dispose(disposing);
    }

    private void Drop()
    {
        _body?.Dispose();
        _response?.Dispose();
        _body = null;
        _response = null;
    }

    private async Task<Stream> ResumeAsync(CancellationToken cancellationToken)
    {
        _response = await _cache.SendAsync(_address, _read, _validator, cancellationToken).ConfigureAwait(false)
            ?? throw _cache.Failed(_address, $"it was removed from the server after {_read} bytes of it");
        var body = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        if (_response.StatusCode == HttpStatusCode.PartialContent)
        {
            return _response.Content.Headers.ContentRange?.From == _read
                ? body
                : throw _cache.Failed(_address, $"the server answered with another range than from byte {_read} on");
        }

        // It does not know ranges, or has another file by now: from the start, and what was read is skipped.
        await SkipAsync(body, cancellationToken).ConfigureAwait(false);
        return body;
    }

    private async Task SkipAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(_read, 64 << 10)];
        for (var left = _read; left > 0;)
        {
            var count = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                throw _cache.Failed(_address, $"the server has only {_read - left} bytes of it now, but {_read} were read");
            }

            left -= count;
        }
    }
}
