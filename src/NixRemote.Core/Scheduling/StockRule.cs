namespace NixRemote.Scheduling;

/// <summary>Stock Nix's order of machines (scheduling.md §4): the least load ÷ speed, then the higher speed, then the lower load,
/// then the order of the configuration. The load is the number of busy slots without the build to place.</summary>
public static class StockRule
{
    /// <summary>A machine's place in the order; the least is chosen.</summary>
    /// <param name="policy"><see cref="SelectionPolicy.Nix"/> or <see cref="SelectionPolicy.NixLegacy"/>.</param>
    /// <param name="load">Busy slots.</param>
    /// <param name="speedFactor">Its speed.</param>
    /// <param name="index">Its place in the configuration.</param>
    internal static PlacementKey Key(SelectionPolicy policy, int load, double speedFactor, int index)
    {
        if (policy == SelectionPolicy.NixLegacy)
        {
            var whole = WholeSpeed(speedFactor);
            return new PlacementKey(load / whole, -whole, load, index);
        }

        // Nix has speeds in single precision, and divides so.
        var speed = (float)speedFactor;
        return new PlacementKey(load / speed, -speed, load, index);
    }

    /// <summary>A speed as Nix up to 2.19 has it: an integer, 0 taken as 1.</summary>
    internal static uint WholeSpeed(double speedFactor) => (uint)Math.Clamp(Math.Truncate(speedFactor), 1, uint.MaxValue);
}
