using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>One comparison. Every run, stock or ours, gets input of its own that no store has seen the result of.</summary>
internal abstract class BenchmarkCase
{
    /// <summary>Its name in the table and for --case.</summary>
    public required string Name { get; init; }

    /// <summary><c>ssh</c> or <c>ssh-ng</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Makes the input of one run, before the clock starts.</summary>
    /// <returns>Store paths.</returns>
    public abstract Task<IReadOnlyList<string>> PrepareAsync(NixTestBed bed);

    /// <summary>Stock Nix's ways to do the work on the client; the fastest is the one to beat.</summary>
    public abstract IReadOnlyList<IReadOnlyList<string>> StockCommands(NixTestBed bed, IReadOnlyList<string> input);

    /// <summary>The same work as a PowerShell statement; <c>$paths</c> holds the input.</summary>
    public abstract string Statement(NixTestBed bed);

    /// <summary>How many paths the input has, and the bytes of their archives; null where that says nothing.</summary>
    public virtual Task<(int Paths, long Bytes)?> SizeAsync(NixTestBed bed, IReadOnlyList<string> input) => Task.FromResult<(int, long)?>(null);

    /// <summary>Checks that the work was done.</summary>
    /// <exception cref="InvalidOperationException">It was not.</exception>
    public abstract Task VerifyAsync(NixTestBed bed, IReadOnlyList<string> input);

    /// <summary>Whether a run leaves many small paths rather than large ones, which are freed when all cases have ended.</summary>
    public bool HasManyPaths { get; init; }

    /// <summary>Frees what the run has left.</summary>
    public virtual Task CleanAsync(NixTestBed bed, IReadOnlyList<string> input) => Task.CompletedTask;
}
