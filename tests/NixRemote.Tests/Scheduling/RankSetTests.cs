using NixRemote.Scheduling;

namespace NixRemote.Tests.Scheduling;

public sealed class RankSetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4097)]
    [InlineData(300_000)]
    public void It_agrees_with_a_sorted_set(int limit)
    {
        var random = new Random(limit);
        var set = new RankSet(limit);
        var model = new SortedSet<int>();
        for (var step = 0; step < 3000; step++)
        {
            var number = random.Next(limit);
            Assert.Equal(step % 3 == 0 ? model.Remove(number) : model.Add(number), step % 3 == 0 ? set.Remove(number) : set.Add(number));
            var from = random.Next(limit + 1);
            Assert.Equal(
                (model.Count, model.Count == 0 ? -1 : model.Min, model.Count == 0 ? -1 : model.Max, model.GetViewBetween(from, int.MaxValue).Append(-1).First()),
                (set.Count, set.First, set.Last, set.From(from)));
        }
    }
}
