using System.Buffers;
using System.Net.Sockets;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Carries bytes between two sockets in both directions, on a thread of its own. Packets come and go one by one; to hand each
/// of them to a thread of the pool and back costs more than to encrypt it.
/// </summary>
/// <param name="local">One side; nobody else uses it any more.</param>
/// <param name="remote">The other side.</param>
/// <param name="arrived">Told what came from the remote side, before it is passed on.</param>
/// <param name="busy">Told when the remote side does not take what is there for it, and when it does again.</param>
internal sealed class SocketCarrier(Socket local, Socket remote, ReadOnlySpanAction<byte, object?> arrived, Action<bool> busy)
{
    /// <summary>Bytes that are under way in each direction.</summary>
    private const int BufferSize = 128 * 1024;

    private static readonly TimeSpan _forever = TimeSpan.FromMilliseconds(-1);

    /// <summary>So long a <see cref="Trickle"/> gathers: several answers of a busy store, and less than anybody notices.</summary>
    private static readonly TimeSpan _gathering = TimeSpan.FromMilliseconds(2);

    /// <summary>Carries until one side has ended.</summary>
    /// <exception cref="SocketException">One side is lost.</exception>
    /// <exception cref="ObjectDisposedException">One of the sockets was disposed.</exception>
    public Task RunAsync() => BlockingSocket.RunAsync(Run);

    private void Run()
    {
        local.Blocking = false;
        remote.Blocking = false;
        var up = new Way(local, remote);
        var down = new Way(remote, local);
        try
        {
            var (readable, writable) = (new List<Socket>(2), new List<Socket>(2));
            var (wasBusy, gathered, trickle) = (false, false, default(Trickle));
            while (true)
            {
                var came = down.Receive();
                if (came > 0)
                {
                    arrived(down.Waiting, null);
                }

                var went = up.Receive() + up.Send();
                var moved = came + down.Send() + went;
                trickle.Note(came, went, gathered);
                gathered = false;
                if (up.HasEnded || down.HasEnded)
                {
                    return;
                }

                if (wasBusy != !up.IsEmpty)
                {
                    busy(wasBusy = !up.IsEmpty);
                }

                if (moved > 0)
                {
                    continue;
                }

                readable.Clear();
                writable.Clear();
                up.WaitsFor(readable, writable);
                gathered = trickle.Gathers && down.IsEmpty;
                if (!gathered)
                {
                    down.WaitsFor(readable, writable);
                }

                // What is to be sent goes at once even while something gathers.
                Socket.Select(readable, writable, null, gathered ? _gathering : _forever);
            }
        }
        finally
        {
            up.Return();
            down.Return();
        }
    }

    /// <summary>One direction: what has come is sent before more is received.</summary>
    private sealed class Way(Socket from, Socket to)
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        private int _start;
        private int _end;

        public bool IsEmpty => _start == _end;

        public bool HasEnded { get; private set; }

        public ReadOnlySpan<byte> Waiting => _buffer.AsSpan(_start, _end - _start);

        /// <summary>Takes what is there, if all before it is sent.</summary>
        /// <returns>How many bytes; 0 if there are none, or at the end.</returns>
        public int Receive()
        {
            if (!IsEmpty || HasEnded)
            {
                return 0;
            }

            var count = from.Receive(_buffer, SocketFlags.None, out var error);
            if (Waits(error))
            {
                return 0;
            }

            (_start, _end, HasEnded) = (0, count, count == 0);
            return count;
        }

        /// <summary>Hands over as much as is taken.</summary>
        /// <returns>How many bytes.</returns>
        public int Send()
        {
            if (IsEmpty)
            {
                return 0;
            }

            var count = to.Send(Waiting, SocketFlags.None, out var error);
            if (Waits(error))
            {
                return 0;
            }

            _start += count;
            return count;
        }

        public void WaitsFor(List<Socket> readable, List<Socket> writable) => (IsEmpty ? readable : writable).Add(IsEmpty ? from : to);

        public void Return() => ArrayPool<byte>.Shared.Return(_buffer);

        private static bool Waits(SocketError error) => error switch
        {
            SocketError.Success => false,
            SocketError.WouldBlock => true,
            _ => throw new SocketException((int)error),
        };
    }
}
