# Ce que disent les preuves en français.

## Où sont allés les paquets

not-kept = Rien n’est consigné : la salle ne peut pas écrire ses preuves. Prévenez l’informatique.
place-nowhere = Rien n’a été envoyé.
place-one-is = Tout reste dans la juridiction « { $places } » : { $servers }.
place-one-was = Tout est resté dans la juridiction « { $places } » : { $servers }.
place-several = Des paquets sont allés dans plusieurs juridictions, { $places } : { $servers }.
place-partly = Des paquets sont allés dans { $places }, et en des lieux qu’aucune politique de cette salle ne connaît : { $servers }.
place-unknown = On ne sait pas où sont allés les paquets : { $servers }.
listing-all = { $servers ->
    [one] { $servers } serveur, mentionné par la politique
   *[other] { $servers } serveurs, tous mentionnés par la politique
}
listing-not-all = { $servers ->
    [one] { $servers } serveur, non mentionné par la politique
   *[other] { $servers } serveurs, dont { $unlisted } non mentionnés par la politique
}
listing-cut = { $servers ->
    [one] { $servers } serveur, et d’autres qui ne tenaient pas dans l’enregistrement
   *[other] { $servers } serveurs, et d’autres qui ne tenaient pas dans l’enregistrement
}
listing-no-policy = { $servers ->
    [one] { $servers } serveur ; la salle n’a pas de politique
   *[other] { $servers } serveurs ; la salle n’a pas de politique
}

## Comment c’était protégé

encryption-unknown = Rien n’est noté du chiffrement de bout en bout.
encryption-part = La réunion n’a été chiffrée de bout en bout qu’une partie du temps.
encryption-none = La réunion n’était pas chiffrée de bout en bout.
encryption-shared-key = La réunion a été chiffrée de bout en bout tout le temps, avec une clé que possède quiconque a le lien.
encryption-group-key = La réunion a été chiffrée de bout en bout tout le temps, avec les clés du groupe.
refused = { $times ->
    [one] { $times } envoi a été refusé.
   *[other] { $times } envois ont été refusés.
}
cut = Tout ne tenait pas dans l’enregistrement.
recorded-recording = La plateforme a enregistré : { $since } à { $until }.
recorded-transcription = La plateforme a transcrit : { $since } à { $until }.
verified = { $count ->
    [one] { $count } identité vérifiée par { $authority }
   *[other] { $count } identités vérifiées par { $authority }
}

## Tableaux

column-purpose = Usage
column-peer = Pair
column-where = Où
column-listed = Mentionné
column-sent = Envoyé
column-received = Reçu
column-protection = Protégé par
yes = oui
no = non
unknown = inconnu
open = sans fin
policy = Politique { $name }, version { $version }
no-policy = Pas de politique
accepted = Accepté dans la salle que la réunion passe la frontière : { $transition }, lu en { $language }
refused-row = Refusé { $times }× : { $purpose } vers { $peer } ({ $reason })
no-meetings = Aucune réunion n’est enregistrée.

## Vérifier

not-verified = Non vérifié : il faut pour cela --key.
good = Vérifié : enregistrements { $first } à { $last } de la salle { $room }, écrits de { $from } à { $to }.
last = Le SHA-256 du dernier enregistrement est { $sha256 }. Gardez-le : avec --known { $last }:{ $sha256 } une vérification ultérieure montre si quelque chose jusqu’ici a disparu.
bad = À ne pas croire à partir de la ligne { $line } : { $why }.
bad-before = { $records ->
    [0] Aucun enregistrement avant elle n’est vérifié.
    [one] Le seul enregistrement avant elle est vérifié.
   *[other] Les { $records } enregistrements avant elle sont vérifiés.
}
start-begun = La chaîne est là depuis son début.
start-pruned = Des enregistrements plus anciens ont été supprimés, comme la salle l’a elle-même noté.
start-excerpt = Les enregistrements avant { $first } ne sont pas ici ; rien ne manque entre { $first } et { $last }.
remark-torn = Enregistrement { $number } : { $bytes } octets avant lui n’étaient pas un enregistrement entier et ont été mis de côté (SHA-256 { $sha256 }).
remark-interrupted = Enregistrement { $number } : la salle a été éteinte pendant la réunion { $meeting }.
remark-clock-went-back = Enregistrement { $number } : l’horloge de la salle avait été reculée de { $seconds } s.
remark-key-changed = Enregistrement { $number } : l’appareil a désormais une nouvelle clé, { $key }, nommée par l’ancienne.
remark-key-replaced = Enregistrement { $number } : l’appareil a désormais une autre clé ; la précédente était { $key }.
why-age = trop anciens
why-space = faute de place
remark-pruned = Enregistrement { $number } : les enregistrements avant { $first } ont été supprimés, le plus récent du { $until } ({ $why }).
remark-still-open = La réunion { $meeting } n’a pas encore de fin, ou sa fin a été coupée.
exported = { $records ->
    [one] { $records } enregistrement écrit dans { $file }.
   *[other] { $records } enregistrements écrits dans { $file }.
}

## Pourquoi quelque chose n’est pas cru

why-empty = il n’y a aucun enregistrement
why-line = { $detail }
why-key-not-given = il est signé avec la clé { $key }, qui n’a pas été donnée
why-other-key = il est signé avec la clé { $found } ; après l’enregistrement précédent, il faut { $expected }
why-bad-signature = sa signature n’est pas bonne : il a été modifié, ou n’est pas de cette salle
why-other-number = c’est l’enregistrement { $found } là où il faut { $expected } : il en manque, ou l’ordre est autre
why-not-linked = il ne suit pas l’enregistrement précédent : c’en est un autre, ou il a été modifié
why-begun-late = il commence une chaîne, et ne peut y être l’enregistrement { $found }
why-not-begun = l’enregistrement 1 ne commence pas de chaîne
why-beginning-missing = le début manque : aucun enregistrement ne dit que les précédents ont été supprimés
why-known-missing = l’enregistrement { $found }, dont on sait qu’il existait, manque ou est un autre

## À quoi servent les paquets

purpose-signalling = signalisation
purpose-media = médias
purpose-turn = relais (TURN)
purpose-dns = noms (DNS)
purpose-ntp = heure (NTP)
purpose-updates = mises à jour
purpose-other = autre
