# A diamond: `bottom` below, three in the middle, `top` above; several outputs, logs, and in the middle one derivation for
# each builder of the test bed (by required features, if `spread`). `nonce` makes all of it new.
{ nonce, spread ? true, system ? builtins.currentSystem }:
let
  make = name: attributes: script: derivation ({
    inherit name system nonce;
    builder = "/bin/sh";
    args = [ "-ec" script ];
    PATH = "/run/current-system/sw/bin:/usr/bin:/bin";
  } // attributes);
  wanted = features: if spread then { requiredSystemFeatures = features; } else { };

  bottom = make "bottom" { outputs = [ "out" "dev" ]; } ''
    echo "writing a header and a library"
    echo "int answer(void);" > $dev
    echo "42 and a number of our own: $nonce" > $out
  '';
  middle = name: features: make name ({ inherit bottom; header = bottom.dev; } // wanted features) ''
    for step in configure compile install; do
      echo "$name: $step"
      sleep 0.2
    done
    mkdir $out
    cat $bottom $header > $out/${name}
    echo "${name} used $bottom" > $out/note
  '';
  left = middle "left" [ ];
  centre = middle "centre" [ "benchmark" ];
  right = middle "right" [ "big-parallel" ];
  top = make "top" { outputs = [ "out" "doc" ]; inherit left centre right; } ''
    echo "putting it together"
    mkdir $out $doc
    cat $left/left $centre/centre $right/right > $out/all
    ln -s $left $centre $right $out/
    echo "see $out" > $doc/README
  '';
in { inherit bottom left centre right top; }
