using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>Serves a folder over HTTP on loopback, and misbehaves when it is told to.</summary>
internal sealed class CacheServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _folder;
    private readonly Task _serving;

    public CacheServer(string folder)
    {
        _folder = folder;
        for (var port = Random.Shared.Next(20_000, 30_000); ; port++)
        {
            try
            {
                Address = $"http://127.0.0.1:{port}/";
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(Address);
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (port < 40_000)
            {
                // Somebody else's port: the next one.
                continue;
            }
        }

        _serving = Task.Run(ServeAsync);
    }

    public string Address { get; }

    /// <summary>Requests as <c>METHOD PATH [RANGE]</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Statuses to answer before anything else, one a request whose path contains the text.</summary>
    public ConcurrentQueue<(string Path, int Status)> Refusals { get; } = new();

    /// <summary>After how many bytes archives' downloads break, one each.</summary>
    public ConcurrentQueue<int> Breaks { get; } = new();

    /// <summary>Whether ranges are answered; else always the whole file comes.</summary>
    public bool KnowsRanges { get; init; } = true;

    /// <summary>The Authorization header without which the answer is 401; null: everybody may read.</summary>
    public string? Authorization { get; init; }

    /// <summary>Where archives are said to be; null: here.</summary>
    public string? ArchivesAt { get; init; }

    /// <summary>The Authorization headers that came, null where there was none.</summary>
    public ConcurrentQueue<string?> Authorizations { get; } = new();

    /// <summary>Runs before each answer.</summary>
    public Func<string, Task> OnRequest { get; init; } = _ => Task.CompletedTask;

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Url!.AbsolutePath;
        var range = request.Headers["Range"];
        Requests.Enqueue(range is null ? $"{request.HttpMethod} {path}" : $"{request.HttpMethod} {path} {range}");
        await OnRequest(path);
        if (Refusals.TryPeek(out var refusal) && path.Contains(refusal.Path, StringComparison.Ordinal) && Refusals.TryDequeue(out refusal))
        {
            response.StatusCode = refusal.Status;
            response.Close();
            return;
        }

        Authorizations.Enqueue(request.Headers["Authorization"]);
        if (Authorization is not null && Authorization != request.Headers["Authorization"])
        {
            response.StatusCode = 401;
            response.Headers["WWW-Authenticate"] = "Basic realm=\"cache\"";
            response.Close();
            return;
        }

        if (ArchivesAt is not null && path.StartsWith("/nar/", StringComparison.Ordinal))
        {
            response.Redirect(ArchivesAt.TrimEnd('/') + path);
            response.Close();
            return;
        }

        var file = Path.Combine(_folder, path[1..]);
        if (!File.Exists(file))
        {
            response.StatusCode = 404;
            response.Close();
            return;
        }

        var content = await File.ReadAllBytesAsync(file);
        if (range is not null && KnowsRanges)
        {
            var from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
            content = content[from..];
        }

        response.ContentLength64 = content.Length;
        if (request.HttpMethod == "HEAD")
        {
            response.Close();
        }
        else if (path.StartsWith("/nar/", StringComparison.Ordinal) && Breaks.TryDequeue(out var after))
        {
            await response.OutputStream.WriteAsync(content.AsMemory(0, Math.Min(after, content.Length)));
            await response.OutputStream.FlushAsync();
            response.Abort();
        }
        else
        {
            response.Close(content, willBlock: false);
        }
    }
}
