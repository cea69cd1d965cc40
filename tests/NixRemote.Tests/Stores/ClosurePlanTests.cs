using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>Closures too large for the infos of all their paths: these are asked for twice, and what was told at first must still be so.</summary>
public sealed class ClosurePlanTests
{
    // paths, infos that are kept → how often each path is asked for
    [Theory]
    [InlineData(10, 10, 1)]
    [InlineData(11, 10, 2)]
    [InlineData(3000, 100, 2)] // several portions
    public async Task Infos_of_many_paths_are_asked_for_again(int count, int kept, int times)
    {
        var store = new GeneratedClosure(count, 3) { OnAsked = (info, _) => info };
        var plan = new ClosurePlan(store, kept);
        await plan.AddAsync([store.Root], withReferences: true, default);

        var missing = plan.Missing(new bool[2 * 3000]);
        var infos = await InfosAsync(plan, missing);

        Assert.Equal(Enumerable.Range(0, count).Select(GeneratedClosure.PathOf), infos.Select(info => info.Path));
        Assert.All(infos, info => Assert.NotEmpty(info.Signatures));
        Assert.Equal(infos.Sum(info => info.NarSize), missing.Sum(plan.SizeOf));
        Assert.All(store.Asked.Values, asked => Assert.Equal(times, asked));
        Assert.Equal(count, store.Asked.Count);
    }

    // what is told of a path the second time → the error
    [Theory]
    [InlineData("other references", "ProtocolViolation")]
    [InlineData("another reference", "ProtocolViolation")]
    [InlineData("another size", "ProtocolViolation")]
    [InlineData("nothing", "PathNotValid")]
    public async Task What_is_replaced_meanwhile_is_refused(string change, string error)
    {
        var path = GeneratedClosure.PathOf(7);
        var store = new GeneratedClosure(20, 3)
        {
            OnAsked = (info, times) => info.Path != path || times == 1 ? info : change switch
            {
                "other references" => info with { References = [GeneratedClosure.PathOf(2)] },
                "another reference" => info with { References = [.. info.References, GeneratedClosure.PathOf(100)] },
                "another size" => info with { NarSize = info.NarSize + 8 },
                _ => null,
            },
        };
        var plan = new ClosurePlan(store, 5);
        await plan.AddAsync([store.Root], withReferences: true, default);

        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => InfosAsync(plan, plan.Missing(new bool[2 * 3000])));

        Assert.Equal((error, path.ToString(), "generated"), (failure.ErrorId, failure.Target, failure.Builder));
    }

    // paths, references that each has at most, limit of paths, limit of references → what is over the limit
    [Theory]
    [InlineData(20, 3, 20, 1000, null)]
    [InlineData(20, 3, 19, 1000, "more than 19 paths")]
    [InlineData(20, 1, 1000, 19, null)]
    [InlineData(20, 1, 1000, 18, "more than 18 references")]
    public async Task A_closure_without_end_is_refused(int count, int references, int maxPaths, int maxReferences, string? over)
    {
        var store = new GeneratedClosure(count, references);
        var plan = new ClosurePlan(store, 5, maxPaths, maxReferences);

        var failure = (NixRemoteException?)await Record.ExceptionAsync(() => plan.AddAsync([store.Root], withReferences: true, default));

        Assert.Equal(over is null ? (null, null) : ("LimitExceeded", "generated"), (failure?.ErrorId, failure?.Builder));
        Assert.Contains(over ?? "", failure?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_destination_has_is_left_out()
    {
        var store = new GeneratedClosure(10, 3);
        var plan = new ClosurePlan(store);
        await plan.AddAsync([store.Root], withReferences: true, default);

        bool[] valid = [.. plan.Numbers.Select(number => GeneratedClosure.IndexOf(plan.PathOf(number)) % 2 == 0)];

        Assert.Equal([1, 3, 5, 7, 9], plan.PathsOf(plan.Missing(valid)).Select(GeneratedClosure.IndexOf).Order());
        Assert.Equal(new[] { 0, 2, 4, 6, 8 }.Select(GeneratedClosure.PathOf).Order(), plan.PathsOf(plan.Present(valid)));
    }

    [Fact]
    public async Task Without_references_they_are_not_asked_for()
    {
        var store = new GeneratedClosure(10, 3) { OnAsked = (info, _) => info };
        var plan = new ClosurePlan(store);

        Assert.Equal([store.Root], plan.PathsOf(await plan.AddAsync([store.Root, store.Root], withReferences: false, default)));

        Assert.Equal([store.Root], plan.PathsOf([.. plan.Numbers]));
        Assert.Equal(1, plan.Count);
        Assert.Equal([store.Root], store.Asked.Keys);
        Assert.Equal([store.Root], plan.Missing(new bool[2 * 3000]).Select(plan.PathOf));
    }

    [Fact]
    public async Task A_closure_beyond_what_is_kept_is_copied_whole()
    {
        const int Count = ClosurePlan.KeptInfos + 3_000;
        var from = new GeneratedClosure(Count, 4);
        var to = new EmptyStore();

        var result = await ClosureCopy.CopyClosureAsync(from, to, [from.Root], new CopyOptions(), null, default);

        Assert.Equal(Count, result.Copied.Count);
        Assert.Equal(Enumerable.Range(0, Count).Select(GeneratedClosure.PathOf), to.Added);
        Assert.Equal(result.Copied, to.Added);
    }

    private static async Task<List<PathInfo>> InfosAsync(ClosurePlan plan, IReadOnlyList<int> numbers)
    {
        var infos = new List<PathInfo>();
        await foreach (var portion in plan.InfosAsync(numbers, default))
        {
            infos.AddRange(portion);
        }

        return infos;
    }
}
